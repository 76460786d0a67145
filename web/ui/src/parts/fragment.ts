// The secret of a one-time link stands in the fragment of its address, which no server is ever sent.

/** Takes the secret out of the address, where it could be read over a shoulder or stay in the history; "" without one. */
export function takeSecret(): string {
  if (location.hash.length < 2) return "";
  const secret = location.hash.slice(1);
  history.replaceState(null, "", location.pathname);
  return secret;
}
