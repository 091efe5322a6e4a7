/* A React Native app as the phone: one screen, which scans, shows what the user must see, and decides. */
import { useRef, useState } from 'react';
import { Button, Linking, Text, TextInput, View } from 'react-native';
import { CameraView, useCameraPermissions } from 'expo-camera';
import { PhoneError, scangatePhone } from 'scangate/phone';
import type { SignInRequest } from 'scangate/phone';

interface PhoneProps {
  /** The gateway's public address. */
  readonly gateway: string;
  /** Asks the app's own server for the user's JWT, anew where `refused`. */
  readonly credential: (refused: boolean) => Promise<string>;
  /** Signs the user in anew in the app, so that the next JWT has a fresh `auth_time`. */
  readonly signInAnew: () => Promise<void>;
}

export function Phone({ gateway, credential, signInAnew }: PhoneProps) {
  const [phone] = useState(() => scangatePhone({ gateway, credential }));
  const [request, setRequest] = useState<SignInRequest>();
  const [said, setSaid] = useState('');
  const [permission, askPermission] = useCameraPermissions();
  const isBusy = useRef(false);

  async function telling(work: () => Promise<string>): Promise<void> {
    if (isBusy.current) return;
    isBusy.current = true;
    try {
      setSaid(await work());
    } catch (error) {
      if (!(error instanceof PhoneError)) throw error;
      const isWrong = error.code === 'invalid_request' && error.field === 'number';
      setSaid(isWrong ? 'That is not the number.' : error.message);
    } finally {
      isBusy.current = false;
    }
  }

  const scanned = (text: string) =>
    telling(async () => {
      const code = phone.read(text);
      if (code === undefined) return 'This is no code to sign in with.';
      setRequest(await phone.scan(code));
      return '';
    });

  const decide = (isMe: boolean, number: string) =>
    telling(async () => {
      if (request === undefined) return '';
      if (isMe && request.shown.needsFreshSignIn) await signInAnew();
      const { status, returnUrl } = isMe
        ? await request.confirm(number)
        : await request.deny({ report: true });
      setRequest(undefined);
      if (returnUrl !== undefined) await Linking.openURL(returnUrl);
      return status === 'denied' ? 'Denied.' : 'Signed in.';
    });

  if (request !== undefined) return <Approval request={request} said={said} decide={decide} />;
  if (permission?.granted !== true)
    return <Button title="Scan a code" onPress={() => void askPermission()} />;
  return (
    <View>
      <CameraView
        barcodeScannerSettings={{ barcodeTypes: ['qr'] }}
        onBarcodeScanned={({ data }) => void scanned(data)}
      />
      <Text accessibilityLiveRegion="polite">{said}</Text>
    </View>
  );
}

interface ApprovalProps {
  readonly request: SignInRequest;
  readonly said: string;
  readonly decide: (isMe: boolean, number: string) => Promise<void>;
}

function Approval({ request, said, decide }: ApprovalProps) {
  const [number, setNumber] = useState('');
  const { client, browser, userCode, asksNumber, isSameDevice, release } = request.shown;
  return (
    <View>
      <Text>
        {client.name} {client.domain} {client.isVerified ? 'verified' : 'not verified'}
      </Text>
      <Text>{isSameDevice ? 'This device will be signed in.' : 'ANOTHER device will be signed in.'}</Text>
      <Text>
        {browser.place ?? browser.address} {browser.agent}
      </Text>
      {!browser.isSameNetwork && <Text>It is in another network than this phone.</Text>}
      {userCode !== undefined && <Text>Compare the code: {userCode}</Text>}
      <Text>It gets: {[...release.scopes, ...release.claims].join(', ')}</Text>
      {asksNumber && (
        <TextInput
          accessibilityLabel="The number on the other screen"
          keyboardType="number-pad"
          value={number}
          onChangeText={setNumber}
        />
      )}
      <Button title="Deny" onPress={() => void decide(false, '')} />
      <Button title="Confirm" onPress={() => void decide(true, number)} />
      <Text accessibilityLiveRegion="polite">{said}</Text>
    </View>
  );
}
