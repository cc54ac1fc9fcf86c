import { expect, test } from '@jest/globals';
import { readCredentials } from '../../../src/mounts/credentials-text.ts';
import { Secret } from '../../../src/system/secret.ts';

const read = (text: string) => readCredentials(new Secret(text));

test.each([
  ['username=bob\npassword=hunter2\n', 'bob', 'hunter2', undefined],
  ['username=bob\r\npassword=hunter2\r\ndomain=CORP\r\n', 'bob', 'hunter2', 'CORP'],
  ['# of the team\n\n user=bob\n pass=p=w,#" x\ndom=CORP', 'bob', 'p=w,#" x', 'CORP'],
  ['\uFEFFUSERNAME=bob\nPassword=\nworkgroup=', 'bob', '', undefined],
])('%j is a login', (text, user, password, domain) => {
  const login = read(text);
  if ('problem' in login) throw new Error(login.problem);
  expect([login.user, login.password.reveal(), login.domain]).toEqual([user, password, domain]);
});

test.each([
  ['', 'has no line username=…'],
  ['username=\npassword=hunter2', 'has no line username=…'],
  ['username=bob', 'has no line password=…'],
  ['username=bob\nhunter2', 'has a line 2 that is not username=…, password=… or domain=…'],
  ['username=bob\nsecret=hunter2', 'has a line 2 that is not username=…, password=… or domain=…'],
  ['username=bob\npassword=hunter2\npass=hunter2', 'has a second password= in line 3'],
  [`username=bob\npassword=${'hunter2'.repeat(80)}`, 'has a password that is longer than 512 bytes'],
  ['username=b\tob\npassword=hunter2', 'has a username that has a control character in it'],
])('%j is refused by the number of the line', (text, problem) => {
  expect(read(text)).toEqual({ problem });
});
