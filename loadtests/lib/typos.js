// Words as people type them in a hurry. What is mistyped is decided by a number, so that a mistake is made again by
// others and its answer can be a hit.

/** As many mistakes of each kind as the words have letters, at most. @param {string} words @param {number} which */
export function mistyped(words, which) {
  const letters = Array.from(words);
  if (letters.length < 3) return words;
  // Never the first letter: that one people get right.
  const at = 1 + (Math.floor(which / MISTAKES.length) % (letters.length - 2));
  return MISTAKES[which % MISTAKES.length](letters, at).join("");
}

/** @type {((letters: string[], at: number) => string[])[]} */
const MISTAKES = [
  // Two letters swapped, one left out, one twice, and accents that the keyboard does not have.
  (letters, at) => [...letters.slice(0, at), letters[at + 1], letters[at], ...letters.slice(at + 2)],
  (letters, at) => [...letters.slice(0, at), ...letters.slice(at + 1)],
  (letters, at) => [...letters.slice(0, at + 1), ...letters.slice(at)],
  (letters) => Array.from(letters.join("").normalize("NFD").replace(/\p{M}/gu, "")),
];
