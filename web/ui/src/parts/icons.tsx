// The icons: inline SVG, drawn on a 20 × 20 grid, one shape per meaning so that colour is never alone.
import type { ComponentChildren, VNode } from "preact";

function Icon({ children, filled = false }: { children: ComponentChildren; filled?: boolean }): VNode {
  return (
    <svg class={filled ? "icon filled" : "icon"} viewBox="0 0 20 20" aria-hidden="true" focusable="false">
      {children}
    </svg>
  );
}

export const SHAPES = {
  dot: () => <Icon filled><circle cx="10" cy="10" r="4.5" /></Icon>,
  ring: () => <Icon><circle cx="10" cy="10" r="6" stroke-dasharray="3 2.6" /></Icon>,
  check: () => <Icon><path d="m4 10.5 4 4 8-9" /></Icon>,
  cross: () => <Icon><path d="m5 5 10 10M15 5 5 15" /></Icon>,
  hand: () => <Icon><path d="M7 10V4.5a1.3 1.3 0 0 1 2.6 0V9 3.3a1.3 1.3 0 0 1 2.6 0V9 4.8a1.3 1.3 0 0 1 2.6 0V12c0 3.6-2 5.5-4.8 5.5-2.3 0-3.4-1-4.6-3L3.6 11.3a1.3 1.3 0 0 1 2.2-1.3L7 11.5" /></Icon>,
  door: () => <Icon><path d="M11 3h5v14h-5M3 10h9m-3.5-3.5L12 10l-3.5 3.5" /></Icon>,
  bolt: () => <Icon><path d="M3.5 8a10 10 0 0 1 4-2.3M16.5 8a10 10 0 0 0-3-2M6 11.5a6 6 0 0 1 2-1.2M10 15.5h.01M4 3l12 14" /></Icon>,
  wave: () => <Icon><path d="M2.5 10h3l2-5 4 10 2.2-5h3.8" /></Icon>,
  alert: () => <Icon><path d="M10 3 2.5 16.5h15L10 3Zm0 5v4m0 2.2v.1" /></Icon>,
  clock: () => <Icon><circle cx="10" cy="10" r="7" /><path d="M10 6v4.3l2.8 1.7" /></Icon>,
  key: () => <Icon><circle cx="7" cy="12.5" r="3.5" /><path d="m9.5 10 7-7m-3 3 2.2 2.2" /></Icon>,
  screens: () => <Icon><rect x="2.5" y="6" width="10" height="8" rx="1" /><path d="M7 3.5h10.5V11H15M5 17h5" /></Icon>,
  flag: () => <Icon><path d="M5 17.5v-14h9.5l-2 3.5 2 3.5H5" /></Icon>,
  stop: () => <Icon><rect x="4.5" y="4.5" width="11" height="11" rx="1.5" /></Icon>,
  eye: () => <Icon><path d="M2 10s3-5.5 8-5.5S18 10 18 10s-3 5.5-8 5.5S2 10 2 10Z" /><circle cx="10" cy="10" r="2.2" /></Icon>,
  id: () => <Icon><rect x="2.5" y="4.5" width="15" height="11" rx="1.5" /><circle cx="7" cy="9" r="1.7" /><path d="M4.8 13c.6-1.6 3.8-1.6 4.4 0M12 8.5h3m-3 3h3" /></Icon>,
  note: () => <Icon><path d="M5 2.5h7l3.5 3.5v11.5H5zM8 9h4.5M8 12.5h4.5" /></Icon>,
  link: () => <Icon><path d="M3 13.5V6a1 1 0 0 1 1-1h12a1 1 0 0 1 1 1v7.5M1.5 16h17" /></Icon>,
  more: () => <Icon filled><circle cx="4.5" cy="10" r="1.6" /><circle cx="10" cy="10" r="1.6" /><circle cx="15.5" cy="10" r="1.6" /></Icon>,
  search: () => <Icon><circle cx="8.5" cy="8.5" r="5" /><path d="m12.3 12.3 4.7 4.7" /></Icon>,
  down: () => <Icon><path d="m5 7.5 5 5 5-5" /></Icon>,
  right: () => <Icon><path d="m7.5 5 5 5-5 5" /></Icon>,
  people: () => <Icon><circle cx="7" cy="7" r="3" /><path d="M1.8 16.5c.5-5.3 9.9-5.3 10.4 0M12.5 4.3a3 3 0 0 1 0 5.4M14.5 12c2.2.5 3.5 2 3.8 4.5" /></Icon>,
  send: () => <Icon><path d="m3 10 14-6.5L12.5 17l-3-5.5L3 10Zm6.5 1.5L17 3.5" /></Icon>,
  lock: () => <Icon><rect x="4" y="9" width="12" height="8.5" rx="1.5" /><path d="M6.5 9V6.5a3.5 3.5 0 0 1 7 0V9" /></Icon>,
} as const;

export type Shape = keyof typeof SHAPES;
