import { describe, expect, test } from '@jest/globals';
import { isFailure } from '../../../../src/errors.ts';
import {
  asksForDirect,
  directDifferences,
  dirOf,
  parseDirectOptions,
} from '../../../../src/volumes/direct/direct-options.ts';

type Given = Readonly<Record<string, string>>;
const smb = { type: 'cifs', o: 'addr=nas,credentials=office', device: '//nas/media/films' };
const mapOf = (given: Given) => new Map(Object.entries(given));
const usual = { type: 'nfs', o: 'addr=10.0.0.5', device: ':/export/media' };
const parse = (given: Given) => parseDirectOptions(mapOf(given));
function faultsOf(given: Given): readonly string[] {
  try {
    parse(given);
  } catch (error) {
    if (isFailure(error, 'DirectOptionsInvalid')) return error.fields.faults;
    throw error;
  }
  throw new Error('nothing is wrong with them');
}

describe('the options of the built-in driver', () => {
  test.each<[string, Given, object]>([
    [
      'the usual three',
      usual,
      { type: 'nfs4', addr: '10.0.0.5', port: undefined, path: '/export/media', args: [], access: 'rw' },
    ],
    [
      'those of many compose files',
      { ...usual, o: 'addr=10.0.0.5,vers=4.2,nolock,soft,rw' },
      { type: 'nfs4', args: ['vers=4.2', 'soft'], access: 'rw' },
    ],
    [
      'those of the Docker documentation',
      { ...usual, o: 'addr=10.0.0.10,rw,nfsvers=4,async' },
      { type: 'nfs4', addr: '10.0.0.10', args: ['nfsvers=4', 'async'] },
    ],
    ['version 3 by vers', { ...usual, o: 'addr=h,vers=3,nolock' }, { type: 'nfs3', args: ['vers=3', 'nolock'] }],
    ['version 3 by nfsvers', { ...usual, o: 'addr=h,nfsvers=3' }, { type: 'nfs3', args: ['nfsvers=3'] }],
    ['version 3 by type', { ...usual, type: 'nfs3' }, { type: 'nfs3', args: [] }],
    ['version 4 by type', { ...usual, type: 'nfs4' }, { type: 'nfs4' }],
    ['ro', { ...usual, o: 'ro,addr=10.0.0.5' }, { access: 'ro', args: [] }],
    ['ro in its own option', { ...usual, access: 'ro' }, { access: 'ro' }],
    ['ro twice', { ...usual, o: 'addr=10.0.0.5,ro', access: 'ro' }, { access: 'ro' }],
    ['a port', { ...usual, o: 'addr=10.0.0.5,port=2050' }, { port: 2050, args: [] }],
    ['spaces and empty words', { ...usual, o: ' addr=10.0.0.5 , ,soft,' }, { args: ['soft'] }],
    ['words without effect', { ...usual, o: 'addr=h,bg,fg,retry=5,clientaddr=10.0.0.9,lock' }, { args: [] }],
    ['a host in device', { type: 'nfs', device: 'NAS.example.com:/export' }, { addr: 'nas.example.com' }],
    ['two hosts, of which addr counts', { ...usual, device: 'nas:/export' }, { addr: '10.0.0.5', path: '/export' }],
    ['IPv6', { ...usual, o: 'addr=fd00::5' }, { addr: 'fd00::5' }],
    ['IPv6 in device', { type: 'nfs', o: 'soft', device: '[fd00::5]:/x' }, { addr: 'fd00::5', path: '/x' }],
    ['the top of the server', { ...usual, device: ':/' }, { path: '/' }],
    ['a path with odd signs', { ...usual, device: ':/a b//c:/d@e/' }, { path: '/a b/c:/d@e' }],
    [
      'a share of an SMB server',
      { ...smb, o: 'addr=nas,credentials=office,uid=1000,gid=1001,vers=3.0,file_mode=0640,forceuid,rw' },
      {
        ...{ type: 'cifs', addr: 'nas', path: '/media/films', login: { file: 'office' }, uid: 1000, gid: 1001 },
        ...{ args: ['vers=3.0', 'file_mode=0640'], access: 'rw' },
      },
    ],
    [
      'a whole share, with its host in device',
      { ...smb, type: 'smb3', o: 'credentials=.', device: '//NAS/media' },
      { type: 'cifs', addr: 'nas', path: '/media', login: { file: '.' } },
    ],
    ['a share for everybody', { ...smb, o: 'addr=nas,guest' }, { login: undefined, args: ['guest'] }],
    ['a group, and to be retained', { ...usual, group: 'g', 'on-remove': 'retain' }, { group: 'g' }],
  ])('%s', (_, given, settings) => {
    expect(asksForDirect(mapOf(given))).toBe(true);
    expect(parse(given)).toMatchObject(settings);
  });

  test.each<[string, Given, RegExp]>([
    ['no type', { o: 'addr=h', device: ':/x' }, /^type: missing; expected nfs, nfs4, nfs3 or cifs$/],
    ['another type', { ...usual, type: 'ext4' }, /^type: "ext4" is none this plugin mounts/],
    ['a folder of this host', { type: 'none', o: 'bind', device: ':/x' }, /^type: .*remote dir of type local/],
    ['no server', { type: 'nfs', device: ':/x' }, /^o: addr= is missing/],
    ['an empty server', { ...usual, o: 'addr=' }, /^o: addr: expected a host name or address, found ""$/],
    ['two servers', { ...usual, o: 'addr=a,addr=b' }, /^o: addr= stands in it more than once/],
    ['a server that cannot be', { ...usual, o: 'addr=10.0.0.256' }, /^o: addr: expected .*"10\.0\.0\.256"$/],
    ['a wrong host in device', { type: 'nfs', device: '-x:/x' }, /^device: the host in it: expected a host name/],
    ['a name in front of the host', { type: 'nfs', device: 'me:pw@h:/x' }, /found one with a user name in it$/],
    ['no device', { type: 'nfs', o: 'addr=h' }, /^device: missing; expected :\/PATH or HOST:\/PATH$/],
    ['no colon', { ...usual, device: '/x' }, /^device: it names no folder of a server; expected :\/PATH/],
    ['a relative path', { ...usual, device: ':x' }, /^device: it names no folder of a server/],
    ['a way up', { ...usual, device: ':/a/../b' }, /^device: "\." and "\.\." cannot be parts of a path/],
    ['rw and ro', { ...usual, o: 'addr=h,rw,ro' }, /^o: rw and ro cannot stand together/],
    ['ro against access', { ...usual, o: 'addr=h,ro', access: 'rw' }, /^access: it is rw, and o says ro$/],
    ['another access', { ...usual, access: 'x' }, /^access: expected "rw" or "ro", found "x"$/],
    ['soft and hard', { ...usual, o: 'addr=h,soft,hard' }, /^o: hard and soft cannot|^o: soft and hard cannot/],
    [
      'versions that contradict',
      { ...usual, type: 'nfs4', o: 'addr=h,vers=3' },
      /^o: mount option "vers=3" is version 3/,
    ],
    ['what gets round the plugin', { ...usual, o: 'addr=h,remount' }, /^o: mount option "remount" would make another/],
    ['setuid', { ...usual, o: 'addr=h,suid' }, /^o: .*nosuid,nodev/],
    ['a port that is none', { ...usual, o: 'addr=h,port=0' }, /^o: mount option "port=0" is not a port/],
    ['a group that is none', { ...usual, group: '-' }, /^group: expected 1 to 63 letters/],
    ['trash', { ...usual, 'on-remove': 'trash' }, /^on-remove: docker volume rm only forgets/],
    ['an owner', { ...usual, uid: '5' }, /^uid: the folder keeps the owner and the permissions/],
    ['a size', { ...usual, size: '5G' }, /^size: the folder is as large as its server lets it be/],
    ['settings of a remote dir', { ...usual, path: '/x' }, /^path: that is for volumes on a remote dir/],
    ['a volume store', { ...usual, VolumeStore: 'nas' }, /^VolumeStore: that is for volumes on a remote dir/],
    [
      'a user and a password',
      { ...smb, o: 'addr=h,username=me,password=x' },
      /^o: user and password are not taken here/,
    ],
    ['a domain', { ...smb, o: 'addr=h,credentials=office,domain=CORP' }, /^o: user and password are not taken here/],
    ['nobody', { ...smb, o: 'addr=h' }, /^o: credentials= is missing; expected credentials=FILE/],
    [
      'a file of the host',
      { ...smb, o: 'addr=h,credentials=/etc/smb' },
      /^o: credentials: expected the name of a file/,
    ],
    ['two files', { ...smb, o: 'addr=h,cred=a,cred=b' }, /^o: credentials= stands in it more than once/],
    ['an owner by name', { ...smb, o: 'addr=h,guest,uid=www' }, /^o: uid: expected a whole number/],
    ['two owners', { ...smb, o: 'addr=h,guest,gid=1,gid=2' }, /^o: gid= stands in it more than once/],
    ['SMB 1', { ...smb, o: 'addr=h,guest,vers=1.0' }, /^o: mount option "vers=1.0" is not a version/],
    ['no share', { ...smb, device: '//nas/' }, /^device: it names no share of a server; expected \/\/HOST\/SHARE/],
    ['a share as of NFS', { ...smb, device: ':/media' }, /^device: it names no share of a server/],
    ['a share that cannot be', { ...smb, device: '//nas/a,b' }, /^device: "," cannot be in the path of an SMB share/],
    ['an unknown option', { ...usual, devcie: ':/x' }, /^devcie: there is no such option; expected type, o, device/],
  ])('are refused with %s', (_, given, words) => {
    const faults = faultsOf(given);
    expect(faults.filter(fault => words.test(fault))).toHaveLength(1);
  });

  test('are told with everything that is wrong with them, each once', () => {
    const faults = faultsOf({ type: 'nfs5', o: 'addr=10.0.0.256,rw,ro', device: 'x', uid: '1', mode: '1' });
    expect(faults.map(fault => fault.split(':')[0])).toEqual(['o', 'type', 'device', 'o', 'uid', 'mode']);
  });

  test('show no password, whatever it was meant for', () => {
    const o = 'username=me,password=hunter2,cred=hunter2';
    expect(faultsOf({ type: 'cifs', o, device: '//me:hunter2@host/x' }).join()).not.toContain('hunter2');
    const given = { type: 'cifs', o: `${o},addr=nas,pass2=hunter2`, device: '//nas/x' };
    expect(faultsOf(given).join()).not.toContain('hunter2');
    expect(faultsOf({ type: 'nfs', o, device: 'me:hunter2@host:/x' }).join()).not.toContain('hunter2');
  });

  test('ask for a remote dir without device and o', () => {
    expect(asksForDirect(mapOf({ type: 'nfs4', addr: 'h', path: '/x' }))).toBe(false);
  });

  test('make a remote dir of one folder, that is only retained', () => {
    expect(dirOf(parse({ ...usual, o: 'addr=10.0.0.5,soft,port=2050' }), 'key')).toEqual({
      label: 'key',
      type: 'nfs4',
      addr: '10.0.0.5',
      port: 2050,
      path: '/export/media',
      volPath: '',
      args: ['soft'],
      onRemove: 'retain',
      trashFor: 0,
      origin: 'dynamic',
    });
  });
});

describe('what is asked for otherwise than it is', () => {
  const differing = (asked: Given, inForce: Given) =>
    directDifferences(mapOf(asked), mapOf(inForce)).map(({ option, asked: wanted, inForce: is }) => [
      option,
      is,
      wanted,
    ]);

  test.each<[string, Given, Given, string[][]]>([
    ['nothing', {}, usual, []],
    ['the same', usual, usual, []],
    ['the same in other words', { type: 'nfs4', o: 'rw,addr=10.0.0.5', device: 'h://export/media/' }, usual, []],
    ['another order', { o: 'b=2,addr=h,a=1' }, { ...usual, o: 'addr=h,a=1,b=2' }, []],
    ['ro, written in either way', { access: 'ro' }, { ...usual, o: 'addr=h,ro' }, []],
    ['ro, written in the other way', { o: 'addr=h,ro' }, { ...usual, o: 'addr=h', access: 'ro' }, []],
    ['another folder', { device: ':/y' }, usual, [['device', ':/export/media', ':/y']]],
    ['another server', { o: 'addr=h' }, usual, [['o', 'addr=10.0.0.5', 'addr=h']]],
    ['another version', { type: 'nfs3' }, usual, [['type', 'nfs4', 'nfs3']]],
    ['ro', { access: 'ro' }, { ...usual, o: 'addr=h,rw' }, [['access', 'rw', 'ro']]],
    ['rw', { o: 'addr=10.0.0.5,rw' }, { ...usual, access: 'ro' }, [['access', 'ro', 'rw']]],
    ['the same share', { type: 'smb', device: '//NAS/media//films/', o: 'cred=office,addr=nas' }, smb, []],
    ['another share', { device: '//nas/x' }, smb, [['device', '//nas/media/films', '//nas/x']]],
    [
      'another user',
      { o: 'addr=nas,credentials=b,uid=5' },
      smb,
      [['o', 'addr=nas,credentials=office', 'addr=nas,credentials=b,uid=5']],
    ],
    ['another group', { group: 'b' }, { ...usual, group: 'a' }, [['group', 'a', 'b']]],
  ])('%s', (_, asked, inForce, differences) => {
    expect(differing(asked, inForce)).toEqual(differences);
  });
});
