declare module 'pino-roll' {
  import type { SonicBoom } from 'sonic-boom';

  interface RollOptions {
    readonly file: string;
    readonly size?: string;
    readonly extension?: string;
    readonly limit?: { readonly count: number };
    readonly sync?: boolean;
  }

  export default function roll(options: RollOptions): Promise<SonicBoom>;
}
