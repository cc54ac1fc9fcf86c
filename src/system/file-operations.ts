// What can be done with files on a share: a closed list of operations below one folder, whoever carries them out.

export type Kind = 'folder' | 'file' | 'link' | 'other';

export interface Inspection {
  readonly kind: Kind;
  readonly uid: number;
  readonly gid: number;
  readonly mode: number;
  /** As text: NFS file ids use all 64 bits */
  readonly inode: string;
  /** When it was made, in nanoseconds since 1970; '0' where the file system does not keep that */
  readonly born: string;
  readonly modified: string;
  readonly accessed: string;
  readonly changed: string;
}

export interface Space {
  readonly bytes: number;
  readonly free: number;
}

export interface FileWork {
  /** undefined: there is no such file */
  readText(path: string): Promise<string | undefined>;
  /** Whatever happens, a reader finds the old text or the new one, never a part. */
  replaceText(path: string, text: string): Promise<void>;
  /** false: it exists already and was left alone. Of two hosts that try at once exactly one is told true. */
  createText(path: string, text: string): Promise<boolean>;
  /** A new file, on the disk when this ends; one that is cut short stays as it is. */
  writeNew(path: string, text: string): Promise<void>;
  /** A second name for a file. false: it is taken. Of two hosts that try at once exactly one is told true. */
  linkNew(from: string, to: string): Promise<boolean>;
  /** A file that is there for its name; on a full disk it stays empty. */
  makeSign(path: string, text: string): Promise<void>;
  /** false: something of that name exists already */
  makeFolder(path: string, mode: number): Promise<boolean>;
  inspect(path: string): Promise<Inspection | undefined>;
  setOwner(path: string, uid: number, gid: number): Promise<void>;
  setMode(path: string, mode: number): Promise<void>;
  list(path: string): Promise<{ name: string; kind: Kind }[]>;
  isEmpty(path: string): Promise<boolean>;
  rename(from: string, to: string): Promise<void>;
  /** One that is not there is no error: it may have been removed by a call whose answer was lost. */
  removeFile(path: string): Promise<void>;
  removeEmptyFolder(path: string): Promise<void>;
  space(): Promise<Space>;
}
