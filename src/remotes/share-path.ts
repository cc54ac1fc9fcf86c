// What may stand as the path of a remote dir. Paths are given to a mount helper, joined with volume names and compared with
// each other, so each folder has exactly one spelling here.

export type CheckedPath = { readonly path: string } | { readonly fault: string };

/** An absolute path, given back without doubled or trailing slashes. */
export function checkPath(text: string): CheckedPath {
  if (!text.startsWith('/')) return { fault: 'expected an absolute path, one that begins with "/"' };
  const parts = partsOf(text);
  const fault = faultOf(text, parts);
  return fault === undefined ? { path: `/${parts.join('/')}` } : { fault };
}

/** A path relative to `path`; '' is `path` itself. */
export function checkVolPath(text: string): CheckedPath {
  if (text.startsWith('/')) return { fault: 'expected a path relative to "path", one that does not begin with "/"' };
  const parts = partsOf(text);
  if (parts.some(part => part.startsWith('.nfs-shared'))) {
    return { fault: 'names that begin with ".nfs-shared" are kept for the plugin\'s own files' };
  }
  const fault = faultOf(text, parts);
  return fault === undefined ? { path: parts.join('/') } : { fault };
}

const LONGEST_PATH = 1024;
const LONGEST_PART = 255;

const partsOf = (text: string) => text.split('/').filter(part => part !== '');

function faultOf(text: string, parts: readonly string[]): string | undefined {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/.test(text)) return 'control characters cannot be in a path';
  // Half a character has no bytes of its own: the path used would be another than the one written.
  if (/[\ud800-\udfff]/u.test(text)) return 'it has a broken character in it';
  if (parts.some(part => part === '.' || part === '..')) return '"." and ".." cannot be parts of a path; write it out';
  if (Buffer.byteLength(text) > LONGEST_PATH) return `it is longer than ${LONGEST_PATH} bytes`;
  if (parts.some(part => Buffer.byteLength(part) > LONGEST_PART))
    return `a part of it is longer than ${LONGEST_PART} bytes`;
  return undefined;
}
