declare module '*.css' {
  /** The style sheet's text, put in by the build. */
  export const styles: string;
}
