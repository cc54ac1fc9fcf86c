// Who we are to a server, from the settings user, password, domain and credentials.

import { driverFor } from '../drivers/registry.ts';
import { problemOf } from '../mounts/credentials-text.ts';
import type { Login } from '../mounts/mount-plan.ts';
import { Secret } from '../system/secret.ts';
import type { Origin, RemoteDirType } from './remote-dir.ts';
import { checkVolPath } from './share-path.ts';

/** No message of this repeats a value: a password in the wrong place is still one. */
export function loginOf(
  text: (key: string) => string | undefined,
  origin: Origin,
  type: RemoteDirType | undefined,
  fault: (key: string, problem: string) => void,
): Login | undefined {
  const [user, password, domain, file] = ['user', 'password', 'domain', 'credentials'].map(text);
  const given = Object.entries({ user, password, domain, credentials: file }).filter(
    ([, value]) => value !== undefined,
  );
  if (given.length === 0 || type === undefined) return undefined;
  if (driverFor(type).takesLogin !== true) {
    for (const [key] of given) fault(key, `a ${type} remote dir has none; leave it out`);
    return undefined;
  }
  if (password !== undefined && origin === 'dynamic') fault('password', NOT_IN_OPTIONS);
  if (file !== undefined) {
    for (const [key] of given.filter(([name]) => name !== 'credentials'))
      fault(key, 'is in the file that credentials names; keep one of them');
    const checked = file === '.' ? { path: '.' } : checkVolPath(file);
    if ('path' in checked && checked.path !== '') return { file: checked.path };
    fault('credentials', 'fault' in checked ? checked.fault : 'expected the name of a file');
    return undefined;
  }
  if (user === undefined) fault('user', 'missing; expected the user whose password or domain this is');
  if (password === undefined)
    fault('password', 'missing; or name a file that holds user and password, with credentials');
  const values = { username: user, password, domain };
  for (const [key, value] of Object.entries(values)) {
    const problem = value === undefined ? undefined : problemOf(key, value);
    if (problem !== undefined) fault(key === 'username' ? 'user' : key, problem);
  }
  if (user === undefined || password === undefined) return undefined;
  return { user, password: new Secret(password), ...(domain === undefined ? {} : { domain }) };
}

export const NOT_IN_OPTIONS =
  'cannot be given with -o, which Docker shows to everybody who may use it; put it into the config file, or into a file of the mount credentials';
