// How French counts: zero and one are singular.
export const many = (count: number, one: string, several: string): string => `${count} ${count > 1 ? several : one}`;
