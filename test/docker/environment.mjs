// Tells the tests' own hooks that a test has failed: Jest keeps that to itself, and the engine's log is wanted just then.
import { TestEnvironment } from 'jest-environment-node';

export default class extends TestEnvironment {
  async handleTestEvent(event) {
    if (event.name === 'test_start') this.global.testHasFailed = false;
    if (event.name === 'test_fn_failure' || event.name === 'hook_failure') this.global.testHasFailed = true;
  }
}
