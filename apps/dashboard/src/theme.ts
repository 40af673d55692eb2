import { createTheme, type CSSVariablesResolver, type MantineColorsTuple } from '@mantine/core';

const brand: MantineColorsTuple = [
  '#e9f7f2',
  '#d3ece3',
  '#a5d9c6',
  '#73c5a7',
  '#4bb48d',
  '#31a97d',
  '#1d9a6f',
  '#0f875f',
  '#0b7251',
  '#065c41',
];

export const theme = createTheme({
  colors: { brand },
  primaryColor: 'brand',
  primaryShade: { light: 8, dark: 7 },
  defaultRadius: 'md',
  cursorType: 'pointer',
  focusRing: 'auto',
  components: {
    Card: { defaultProps: { bg: 'var(--mantine-color-body)' } },
    // A title in the colour of its border cannot be read by everybody.
    Alert: { styles: { title: { color: 'var(--mantine-color-text)' } } },
  },
  fontFamily:
    'ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif',
  fontFamilyMonospace:
    'ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace',
  headings: {
    fontWeight: '650',
    sizes: {
      h1: { fontSize: '1.5rem', lineHeight: '1.3' },
      h2: { fontSize: '1.0625rem', lineHeight: '1.4' },
      h3: { fontSize: '0.9375rem', lineHeight: '1.4' },
    },
  },
});

/** Mantine's own greys and reds are too pale to be read on white by everybody. */
export const cssVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    '--mantine-color-dimmed': '#596169',
    '--mantine-color-error': '#b3261e',
    '--mantine-color-anchor': brand[8],
    '--app-background': '#f6f8f7',
    '--app-code': '#f1f4f3',
    '--app-good': '#0f875f',
    '--app-running': '#2f6fd6',
    '--app-bad': '#c92a2a',
    '--app-unclear': '#b7791f',
  },
  dark: {
    '--mantine-color-dimmed': '#a9b0b6',
    '--mantine-color-error': '#ff8a80',
    '--mantine-color-anchor': brand[3],
    '--app-background': '#16191a',
    '--app-code': '#1b1f20',
    '--mantine-color-body': '#1f2324',
    '--app-good': '#4bb48d',
    '--app-running': '#74a7f7',
    '--app-bad': '#ff8787',
    '--app-unclear': '#e9b949',
  },
});
