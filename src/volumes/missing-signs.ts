// Signs of this host that somebody has taken away while it holds the volumes: they are put again.

import type { Logger } from '../logger.ts';
import type { FileWork } from '../system/file-work.ts';
import type { Attachments } from './attachments.ts';
import type { Host } from './record.ts';
import { readRecord } from './records.ts';
import type { Attachment } from './sign-memory.ts';
import { listSigns, putSign } from './signs.ts';

export interface MissingParts {
  readonly host: Host;
  readonly attachments: Attachments;
  readonly log: Logger;
}

export async function putMissing(
  files: FileWork,
  held: readonly [name: string, attachment: Attachment][],
  { host, attachments, log }: MissingParts,
): Promise<void> {
  for (const [name, attachment] of held) {
    const { ref, since, recordId } = attachment;
    const about = { volume: ref.folder, label: ref.label };
    const { attached } = await listSigns(files, ref.folder);
    if (attached.some(sign => sign.name === name)) continue;
    // Let go while we looked: that is why it is not there.
    if (!attachments.holds(name, ref)) continue;
    const record = await readRecord(files, ref.folder).catch((error: unknown) => ({ id: undefined, error }));
    if (record?.id !== recordId) {
      log.error({ ...about, record }, 'a volume that is in use here has been removed on the share');
      continue;
    }
    try {
      await putSign(files, ref.folder, name, { host, since });
      log.warn(about, 'an attachment of this host was missing and was put again');
    } finally {
      attachments.wasPutAgain(name, attachment);
    }
  }
}
