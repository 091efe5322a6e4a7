/* As much of what the React Native sample imports as it uses, so that it is checked without 200 MB of packages. */
declare namespace JSX {
  interface Element {
    readonly type: unknown;
  }
  interface ElementChildrenAttribute {
    readonly children: unknown;
  }
}

declare module 'react/jsx-runtime' {
  const jsx: (type: unknown, props: unknown) => JSX.Element;
  export { JSX, jsx, jsx as jsxs };
}

declare module 'react' {
  export function useRef<T>(value: T): { current: T };
  export function useState<T>(first: T | (() => T)): [T, (next: T) => void];
  export function useState<T>(): [T | undefined, (next: T | undefined) => void];
}

declare module 'react-native' {
  interface Accessible {
    readonly accessibilityLabel?: string;
    readonly accessibilityLiveRegion?: 'none' | 'polite' | 'assertive';
    readonly children?: unknown;
  }
  interface TextInputProps extends Accessible {
    readonly value?: string;
    readonly keyboardType?: 'default' | 'number-pad' | 'numeric';
    readonly onChangeText?: (text: string) => void;
  }
  export function Button(props: { readonly title: string; readonly onPress?: () => void }): JSX.Element;
  export function Text(props: Accessible): JSX.Element;
  export function TextInput(props: TextInputProps): JSX.Element;
  export function View(props: Accessible): JSX.Element;
  export const Linking: { openURL(url: string): Promise<unknown> };
}

declare module 'expo-camera' {
  interface CameraProps {
    readonly barcodeScannerSettings?: { readonly barcodeTypes: readonly 'qr'[] };
    readonly onBarcodeScanned?: (scanned: { readonly data: string }) => void;
  }
  export function CameraView(props: CameraProps): JSX.Element;
  export function useCameraPermissions(): [{ readonly granted: boolean } | null, () => Promise<unknown>];
}
