// Names that no folder on an SMB server can have, or that would lead to another: the rules are those of Windows, and servers
// that are none hold to some of them.

export function refuseWindowsName(folder: string): string | undefined {
  if (/[. ]$/.test(folder)) return 'SMB servers drop dots and spaces at the end of a name';
  const stem = folder.split('.', 1)[0] ?? '';
  return DEVICES.test(stem) ? `"${stem}" is the name of a device on SMB servers` : undefined;
}

const DEVICES = /^(con|prn|aux|nul|com[0-9]|lpt[0-9])$/i;
