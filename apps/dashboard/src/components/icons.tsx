/** Strokes on a field of 24 by 24. */
const PATHS = {
  home: 'M4 11.5 12 5l8 6.500M6 10v9h4.500v-5h3v5H18v-9',
  key: 'M8 19.500a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM11 12.500 19.500 4M15.500 8l3 3',
  webhook:
    'M9 9.500a3.500 3.500 0 1 1 5.600 2.800L17 16M6.500 13a3.500 3.500 0 1 0 4 4h5M17.500 13.600a3.500 3.500 0 1 1-2.600 5.700M9.800 11.600 7.200 16',
  flask:
    'M9 4h6M10 4v6l-4.700 8a1.300 1.300 0 0 0 1.100 2h11.200a1.300 1.300 0 0 0 1.100-2L14 10V4M8 15h8',
  chat: 'M5 5h14a1 1 0 0 1 1 1v9a1 1 0 0 1-1 1h-7l-4.500 4v-4H5a1 1 0 0 1-1-1V6a1 1 0 0 1 1-1ZM8 9h8M8 12.500h5',
  phone: 'M8 3.500h8a1 1 0 0 1 1 1v15a1 1 0 0 1-1 1H8a1 1 0 0 1-1-1v-15a1 1 0 0 1 1-1ZM11 17.500h2',
  wallet:
    'M4.500 7.500h14a1 1 0 0 1 1 1v10a1 1 0 0 1-1 1h-13a1 1 0 0 1-1-1v-11ZM4.500 7.500l10-3v3M16 13.500h.01',
  people:
    'M9 11a3.250 3.250 0 1 0 0-6.500A3.250 3.250 0 0 0 9 11ZM3.500 19.500c.3-3.300 2.600-5 5.500-5s5.200 1.700 5.500 5M15.500 5a3.250 3.250 0 0 1 0 6M17 14.800c2 .6 3.300 2.200 3.500 4.700',
  user: 'M12 12a3.500 3.500 0 1 0 0-7 3.500 3.500 0 0 0 0 7ZM5 20c.4-3.700 3.200-5.500 7-5.500s6.600 1.800 7 5.500',
  copy: 'M9 9h10v11H9zM15 9V4.500H5V15.500h4',
  check: 'm5 12.500 4.500 4.500L19 7.500',
  plus: 'M12 5v14M5 12h14',
  trash: 'M5 7h14M10 7V4.500h4V7M7 7l.8 12.500h8.400L17 7M10 11v5M14 11v5',
  alert: 'M12 4 3 19.500h18L12 4ZM12 10v4.500M12 17h.01',
  sun: 'M12 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM12 3v2M12 19v2M3 12h2M19 12h2M5.600 5.600 7 7M17 17l1.400 1.400M18.400 5.600 17 7M7 17l-1.400 1.400',
  moon: 'M19.500 14.500A8 8 0 0 1 9.500 4.500a8 8 0 1 0 10 10Z',
  exit: 'M14 4.500H6v15h8M10 12h10.500m-3.500-3.500 3.500 3.500-3.500 3.500',
  book: 'M5 5.500c2.500-1 5-.6 7 1 2-1.600 4.500-2 7-1v13c-2.500-1-5-.6-7 1-2-1.600-4.500-2-7-1zM12 6.500v13',
  send: 'M20 4 3.500 11l6 2.500M20 4l-6 16-4.500-6.500M20 4 9.500 13.500',
  inbox: 'M4 13.500 6.500 5h11l2.500 8.500v5.500H4zM4 13.500h4.500l1.500 2.500h4l1.500-2.500H20',
  refresh:
    'M19 8.500A7.500 7.500 0 0 0 5 9.500M5 5v4.500h4.500M5 15.500a7.500 7.500 0 0 0 14-1M19 19v-4.500h-4.500',
  chevrons: 'm8 9.500 4-4 4 4M8 14.500l4 4 4-4',
  app: 'M4.500 4.500h6v6h-6zM13.500 4.500h6v6h-6zM4.500 13.500h6v6h-6zM13.500 13.500h6v6h-6z',
} as const;

export type IconName = keyof typeof PATHS;

/** Decoration: what it means stands beside it in words, or as the label of its button. */
export const Icon = ({ name, size = 18 }: { name: IconName; size?: number }) => (
  <svg
    width={size}
    height={size}
    viewBox="0 0 24 24"
    fill="none"
    stroke="currentColor"
    strokeWidth={1.6}
    strokeLinecap="round"
    strokeLinejoin="round"
    aria-hidden
    focusable={false}
    style={{ flexShrink: 0 }}
  >
    <path d={PATHS[name]} />
  </svg>
);
