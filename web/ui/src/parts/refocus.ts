// Focus when a button's work takes the button away: it goes on to a place near by, never to nowhere.

/** Gives the focus to an element, unless something on the page has it once the page is drawn again. */
export function refocus(id: string): void {
  const look = (): void => {
    const { activeElement } = document;
    if (activeElement === null || activeElement === document.body) document.getElementById(id)?.focus();
  };
  // The first frame draws what changed, and in the second one it is seen who is left.
  requestAnimationFrame(() => requestAnimationFrame(look));
}
