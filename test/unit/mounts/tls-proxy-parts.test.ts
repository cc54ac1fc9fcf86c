import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { requestOf } from '../../../src/mounts/access-point-certificate.ts';
import { stunnelConfig } from '../../../src/mounts/stunnel-config.ts';
import { systemAuthoritiesFile } from '../../../src/mounts/system-authorities.ts';
import { addressOf, type TlsFront } from '../../../src/mounts/tls-front.ts';
import { TlsMemory } from '../../../src/mounts/tls-memory.ts';
import { markOfProcess, ownProcess } from '../../../src/system/process-mark.ts';
import { useTempFolder } from '../../temp-folder.ts';

const folder = useTempFolder();
const front: TlsFront = { host: 'nas.example', port: 20490, name: 'nas.example', verify: true, ca: 'ca.pem' };
const files = { ca: '/run/tls/ca.pem', client: undefined };
const linesOf = (text: string) => text.trim().split('\n');

describe('the configuration of a proxy', () => {
  test('leads from its place to the server, and checks authority and name', () => {
    const lines = linesOf(stunnelConfig(front, files, true));
    expect(lines).toEqual(
      expect.arrayContaining([
        `accept = ${addressOf(front)}:491`,
        'connect = nas.example:20490',
        'CAfile = /run/tls/ca.pem',
        'verifyChain = yes',
        'checkHost = nas.example',
        'sni = nas.example',
        'setuid = 60700',
        'setgid = 60700',
      ]),
    );
    expect(lines.filter(line => line.startsWith('cert'))).toEqual([]);
    // What concerns the whole program stands before the one service.
    expect(lines.indexOf('[nfs]')).toBeGreaterThan(lines.indexOf('setgid = 60700'));
    expect(lines.filter(line => line.startsWith('['))).toEqual(['[nfs]']);
  });

  test('checks the address where there is no name, and asks for no name then', () => {
    const lines = linesOf(stunnelConfig({ ...front, host: 'fd00::5', name: 'fd00::5' }, files, true));
    expect(lines).toEqual(expect.arrayContaining(['connect = fd00::5:20490', 'checkIP = fd00::5']));
    expect(lines.filter(line => /^(sni|checkHost)/.test(line))).toEqual([]);
  });

  test('checks nothing only where that is asked for, shows a certificate where there is one, and needs no root for less', () => {
    const shown = { ca: undefined, client: '/run/tls/client.pem' };
    const lines = linesOf(stunnelConfig({ ...front, verify: false }, shown, false));
    expect(lines).toEqual(expect.arrayContaining(['cert = /run/tls/client.pem']));
    expect(lines.filter(line => /^(CAfile|verifyChain|check|setuid|setgid)/.test(line))).toEqual([]);
  });
});

test('the certificate of an access point holds its id and that of the file system', () => {
  expect(linesOf(requestOf({ id: 'fsap-12345678', fileSystem: 'fs-12345678' }))).toEqual(
    expect.arrayContaining([
      'CN = fsap-12345678',
      '1.3.6.1.4.1.4843.7.1 = ASN1:UTF8String:fsap-12345678',
      '1.3.6.1.4.1.4843.7.3 = ASN1:UTF8String:fs-12345678',
    ]),
  );
});

describe('the authorities of the system', () => {
  test('are in the first file that is there', () => {
    writeFileSync(folder('second'), '');
    expect(systemAuthoritiesFile([folder('first'), folder('second')])).toBe(folder('second'));
  });

  test('that are nowhere are said to be missing, with what to install', () => {
    expect(() => systemAuthoritiesFile([folder(), folder('x')])).toThrow(
      /no list of authorities .*install ca-certificates/,
    );
  });
});

describe('the memory of the proxies', () => {
  const warnings: string[] = [];
  const memory = () =>
    new TlsMemory({
      file: folder('tls-proxies.json'),
      now: () => new Date('2026-11-28T09:00:00Z'),
      warn: text => warnings.push(text),
    });

  test('is there after a restart, for root alone, and holds each front once', () => {
    const accessPoint = { id: 'fsap-12345678', fileSystem: 'fs-12345678' };
    const own = ownProcess();
    const first = memory();
    first.remember(front, undefined);
    first.remember({ ...front, accessPoint }, own);
    first.remember(front, markOfProcess(process.ppid));
    expect(statSync(folder('tls-proxies.json')).mode & 0o777).toBe(0o600);
    const later = memory();
    expect(later.fronts()).toEqual([front, { ...front, accessPoint }]);
    expect(later.processes().map(({ pid }) => pid)).toEqual([process.ppid, process.pid]);
    later.forget(front);
    expect(memory().fronts()).toEqual([{ ...front, accessPoint }]);
  });

  test.each([
    'nonsense',
    '{"version":2,"proxies":[]}',
    '{"version":1,"proxies":[{}]}',
    JSON.stringify({ version: 1, proxies: [{ front: { ...front, name: 'x\nconnect = evil:1' } }] }),
    JSON.stringify({ version: 1, proxies: [{ front: { ...front, accessPoint: { id: 'a\nb', fileSystem: 'c' } } }] }),
  ])('that cannot be understood is kept aside, and nothing of it is used: %s', text => {
    writeFileSync(folder('tls-proxies.json'), text);
    expect(memory().fronts()).toEqual([]);
    const [aside = ''] = readdirSync(folder()).filter(name => name.includes('.corrupt-'));
    expect(readFileSync(folder(aside), 'utf8')).toBe(text);
    expect(warnings.pop()).toMatch(/could not be understood; it was kept as/);
  });

  test('that cannot be written costs nobody a mount', () => {
    const blocked = memory();
    // A folder stands where the file is to go.
    mkdirSync(folder('tls-proxies.json'));
    blocked.remember(front, undefined);
    expect(blocked.fronts()).toEqual([front]);
    expect(warnings.pop()).toMatch(/own memory .* cannot be written/);
  });
});
