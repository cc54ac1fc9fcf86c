// Which known word did somebody mean?

/** The known word nearest to a mistyped one, if any is near enough to be worth asking about. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const plain = bare(word.slice(0, LONGEST));
  const most = Math.min(2, Math.floor(plain.length / 2));
  let best: string | undefined;
  let least = most + 1;
  for (const candidate of known) {
    const away = distance(plain, bare(candidate));
    if (away < least) [best, least] = [candidate, away];
  }
  return best;
}

// No known word comes near this; a hostile one must not cost time.
const LONGEST = 64;

// volPath, vol_path and VOL-PATH all mean vol-path.
const bare = (word: string) => word.toLowerCase().replace(/[-_]/g, '');

/** Letters to insert, drop, change or swap with their neighbour to get from one word to the other. */
function distance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let cost = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        cost = Math.min(cost, (beforeLast[j - 2] ?? 0) + 1);
      row.push(cost);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length] ?? 0;
}
