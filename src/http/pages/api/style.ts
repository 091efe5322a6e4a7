/** The looks of the page about the API. */
export const STYLE = `:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
body { max-width: 60rem; margin: 0 auto; padding: 1rem; background: Canvas; color: CanvasText }
a { color: LinkText }
small, .type { font-weight: normal; font-style: italic }
code, pre { font: 0.875rem/1.5 ui-monospace, monospace }
pre { overflow-x: auto; padding: 0.75rem; border: 1px solid; border-radius: 0.5rem; white-space: pre-wrap }
nav a { margin-right: 0.75rem }
details { border-bottom: 1px solid; padding: 0.5rem 0 }
summary { cursor: pointer }
summary b { display: inline-block; min-width: 4.5rem }
summary code { overflow-wrap: anywhere }
h3 { margin: 1rem 0 0; font-size: 1rem }
dd { margin-left: 1.5rem }
`;
