import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { locate, mountAt, mountsBelow, parseMountTable, readMountTable } from '../../../src/mounts/mount-table.ts';
import { useTempFolder } from '../../temp-folder.ts';

const fixtures = join(import.meta.dirname, '../../fixtures/mountinfo');
const captured = (name: string) => parseMountTable(readFileSync(join(fixtures, `${name}.txt`), 'utf8'));
const pointsOf = (name: string) => captured(name).map(entry => entry.mountPoint);

describe('reading a mount table', () => {
  test('every field of a line is there', () => {
    expect(captured('healthy').at(6)).toEqual({
      id: 41,
      parent: 24,
      device: '254:17',
      root: '/media/films',
      mountPoint: '/mnt/films',
      options: ['ro', 'nosuid', 'nodev', 'relatime'],
      peers: 22,
      type: 'xfs',
      source: '/dev/vdb1',
      superOptions: ['rw', 'attr2', 'inode64', 'logbufs=8', 'noquota'],
    });
    expect(captured('healthy')).toHaveLength(8);
  });

  test('none, one or several optional fields shift nothing', () => {
    expect(captured('optional-fields').map(entry => entry.type)).toEqual(['ext4', 'tmpfs', 'tmpfs', 'tmpfs', 'tmpfs']);
    expect(captured('optional-fields').map(entry => entry.peers)).toEqual([undefined, 2, 3, 5, undefined]);
  });

  test('what the kernel writes as octal digits is read as the letters it was', () => {
    expect(captured('escapes')[1]).toMatchObject({ root: '/a b', mountPoint: '/mnt/with space', source: 'two words' });
    expect(captured('escapes')[2]?.mountPoint).toBe('/mnt/tab\tnewline\nback\\slash#hash');
    // A folder whose name is a backslash and three digits is not a space.
    expect(captured('escapes')[3]?.mountPoint).toBe('/mnt/\\040');
    expect(captured('escapes')[4]).toMatchObject({ mountPoint: '/mnt/übung 1', source: '' });
  });

  test('a mount whose folder was deleted elsewhere is still found by its path', () => {
    expect(pointsOf('deleted')).toEqual(['/', '/mnt/gone']);
  });

  test('a folder, a mount point or a source named "-" is a name', () => {
    expect(captured('dash')[1]).toMatchObject({ root: '/-', mountPoint: '/-', type: 'tmpfs', source: '-' });
  });

  test('NFS mounts show version, server and folder, also by IPv6', () => {
    expect(captured('nfs')[1]).toMatchObject({ type: 'nfs', source: '10.0.0.5:/export' });
    expect(captured('nfs')[1]?.superOptions).toContain('vers=3');
    expect(captured('nfs')[2]).toMatchObject({ type: 'nfs4', source: '[fd00::5]:/export', device: '0:81' });
    expect(captured('nfs')[3]).toMatchObject({ root: '/volumes/pgdata', source: '[fd00::5]:/export/volumes/pgdata' });
  });

  test.each([
    ['too short', '36 35 98:0 / /mnt rw - ext4'],
    ['cut in the middle', '36 35 98:0 / /mnt rw,noatime master:1 - ext4 /dev/ro'],
    ['without the separator', '36 35 98:0 / /mnt rw shared:1 ext4 /dev/root rw'],
    ['without a number', 'x 35 98:0 / /mnt rw - ext4 /dev/root rw'],
    ['rubbish', 'rubbish'],
  ])('a line that is %s fails the whole table, since it might be the one that matters', (_, line) => {
    expect(() => parseMountTable(`24 1 254:1 / / rw - ext4 /dev/vda1 rw\n${line}\n`)).toThrow('cannot be read');
  });

  test('whatever a folder is called, what the kernel wrote is read back', () => {
    const escaped = (text: string) =>
      text.replace(/[ \t\n\\#]/g, letter => `\\${letter.charCodeAt(0).toString(8).padStart(3, '0')}`);
    const letter = fc.oneof(
      fc.constantFrom(' ', '\t', '\n', '\\', '#', '0', '4', '-', 'ü', '😀', '\r', '\u0085'),
      fc.string(),
    );
    const name = fc
      .array(letter, { minLength: 1, maxLength: 12 })
      .map(parts => `/${parts.join('').replaceAll('\0', '')}`)
      .filter(path => !path.endsWith('//deleted'));
    fc.assert(
      fc.property(name, name, name, (root, mountPoint, source) => {
        const line = `36 35 98:0 ${escaped(root)} ${escaped(mountPoint)} rw shared:1 - tmpfs ${escaped(source)} rw\n`;
        expect(parseMountTable(line)).toMatchObject([{ root, mountPoint, source }]);
      }),
    );
  });
});

describe('the mount table of this machine', () => {
  const folder = useTempFolder();

  test('shows a mount in a folder with the oddest name', () => {
    const odd = folder('a b\tc\nd\\040#-ü');
    mkdirSync(odd);
    execFileSync('mount', ['-n', '-t', 'tmpfs', '-o', 'ro,nosuid,size=64k', 'my source', odd]);
    expect(mountAt(readMountTable(), odd)).toMatchObject({ type: 'tmpfs', source: 'my source', root: '/' });
    expect(mountAt(readMountTable(), odd)?.options).toEqual(expect.arrayContaining(['ro', 'nosuid']));
    expect(mountsBelow(readMountTable(), folder()).map(entry => entry.mountPoint)).toEqual([odd]);
  });

  test('tells what a path names, bind by bind', () => {
    mkdirSync(folder('disk'));
    execFileSync('mount', ['-n', '-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder('disk')]);
    mkdirSync(folder('disk/vols/pgdata'), { recursive: true });
    mkdirSync(folder('bound'));
    execFileSync('mount', ['-n', '--bind', folder('disk/vols'), folder('bound')]);
    const wanted = locate(readMountTable(), folder('disk/vols/pgdata'));
    expect(wanted?.root).toBe('/vols/pgdata');
    expect(locate(readMountTable(), folder('bound/pgdata'))).toEqual(wanted);
  });
});

describe('looking something up', () => {
  test('of mounts on top of each other the last one is what a path shows', () => {
    expect(mountAt(captured('stacked'), '/mnt/vmdk/nas')?.source).toBe('third');
    expect(mountAt(captured('stacked'), '/mnt/vmdk')).toBeUndefined();
  });

  test('below a folder is what lies in it, not beside it, and not the folder itself', () => {
    const below = (path: string) => mountsBelow(captured('stacked'), path).map(entry => entry.source);
    expect(below('/mnt/vmdk')).toEqual(['first', 'second', 'third', 'other']);
    expect(below('/mnt/vmdk/nas')).toEqual([]);
    expect(below('/')).toHaveLength(6);
  });

  test('a path is on the mount that covers it, whole names only', () => {
    const table = captured('stacked');
    expect(locate(table, '/mnt/vmdk/nas/pgdata')).toEqual({ device: '0:62', root: '/pgdata' });
    expect(locate(table, '/mnt/vmdk/nas2')).toEqual({ device: '0:63', root: '/' });
    expect(locate(table, '/mnt/vmdk/nas3/x')).toEqual({ device: '254:1', root: '/mnt/vmdk/nas3/x' });
    expect(locate(captured('healthy'), '/mnt/films/old')).toEqual({ device: '254:17', root: '/media/films/old' });
    expect(locate([], '/')).toBeUndefined();
  });

  test('a mount that lies hidden under a later one nearer to the root is not met', () => {
    expect(locate(captured('stacked'), '/srv/data/inner/x')).toEqual({ device: '0:65', root: '/inner/x' });
  });
});
