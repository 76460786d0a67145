// Search by any part of the names, in any order, without accents or case.

const UNDECOMPOSED: Record<string, string> = { œ: "oe", æ: "ae", ø: "o", ł: "l", đ: "d", ß: "ss" };

/** Gives the one normal form of a name: no marks, no case, one space between runs of letters and digits. */
export function normalForm(text: string): string {
  return text
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replace(/[œæøłđß]/g, (letter) => UNDECOMPOSED[letter] ?? letter)
    .replace(/[^\p{L}\p{N}]+/gu, " ")
    .trim();
}

/** Tells whether every word typed is part of the haystack, which is already in normal form. */
export function matches(haystack: string, typed: string): boolean {
  return normalForm(typed)
    .split(" ")
    .every((word) => haystack.includes(word));
}
