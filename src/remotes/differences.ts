// In what do two descriptions of one remote dir differ, key by key, as a person would write them?

import { driverFor } from '../drivers/registry.ts';
import type { Difference } from '../errors.ts';
import { argsOf } from './mount-args.ts';
import { addrsOf, type RemoteDir } from './remote-dir.ts';
import { checkAddr, checkAddrs } from './server-addr.ts';
import { checkPath, checkVolPath } from './share-path.ts';

/** Everything, said or not. */
export function differencesOf(asked: RemoteDir, inForce: RemoteDir): Difference[] {
  const [a, b] = [written(asked), written(inForce)];
  const seen = [...a.keys()].flatMap(option => difference(option, a.get(option) ?? '', b.get(option) ?? ''));
  const [one, other] = [passwordOf(asked), passwordOf(inForce)];
  if (one === other || one?.equals(other) === true) return seen;
  return [...seen, { option: 'password', asked: 'another one', inForce: 'a password' }];
}

/** Only what is asked for: an option that is left out asks for nothing. */
export function differencesFromOptions(asked: ReadonlyMap<string, string>, inForce: RemoteDir): Difference[] {
  const known = written(inForce);
  return [...asked].flatMap(([option, text]) => {
    const own = option === 'type' ? typeInWords(text, inForce) : oneSpelling(option, text);
    return difference(option, own, known.get(option) ?? '');
  });
}

const difference = (option: string, asked: string, inForce: string): Difference[] =>
  asked === inForce ? [] : [{ option, asked, inForce }];

function written(dir: RemoteDir): Map<string, string> {
  return new Map([
    ['type', dir.type],
    ['addr', addrsOf(dir).join(',')],
    ['port', String(dir.port ?? driverFor(dir.type).port ?? '')],
    ['region', dir.region ?? ''],
    ['access-point', dir.accessPoint ?? ''],
    ['path', dir.path],
    ['vol-path', dir.volPath],
    ['args', dir.args.join(',')],
    ['uid', String(dir.uid ?? '')],
    ['gid', String(dir.gid ?? '')],
    ['user', dir.login !== undefined && 'user' in dir.login ? dir.login.user : ''],
    ['domain', dir.login !== undefined && 'user' in dir.login ? (dir.login.domain ?? '') : ''],
    ['credentials', dir.login !== undefined && 'file' in dir.login ? dir.login.file : ''],
    ['tls', String(dir.tls !== undefined)],
    ['tls-name', dir.tls?.name ?? ''],
    ['tls-ca', dir.tls?.ca ?? ''],
    ['tls-verify', String(dir.tls?.verify ?? true)],
    ['adopt', dir.adopt ?? ''],
    ['readOnly', String(dir.readOnly ?? false)],
    ['onRemove', dir.onRemove],
    ['trashFor', String(dir.trashFor)],
  ]);
}

const passwordOf = ({ login }: RemoteDir) => (login !== undefined && 'user' in login ? login.password : undefined);

function typeInWords(text: string, inForce: RemoteDir): string {
  if (text === 'smb') return 'cifs';
  return text === 'nfs' && (inForce.type === 'nfs3' || inForce.type === 'nfs4') ? inForce.type : text;
}

/** What is no valid value stays as it is: it differs from what is in force, and that is the answer. */
function oneSpelling(option: string, text: string): string {
  if (option === 'addr') {
    const checked = checkAddrs([text]);
    return 'addrs' in checked ? checked.addrs.join(',') : text;
  }
  if (option === 'tls-name') return checkAddr(text) ?? text;
  if (option === 'args') return argsOf(text).join(',');
  if (option !== 'path' && option !== 'vol-path') return text;
  const checked = option === 'path' ? checkPath(text) : checkVolPath(text);
  return 'path' in checked ? checked.path : text;
}
