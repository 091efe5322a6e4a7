import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';
import { Deployment } from 'kubernetes-models/apps/v1';
import { HorizontalPodAutoscaler } from 'kubernetes-models/autoscaling/v2';
import { Ingress, NetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1';
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1';
import { ConfigMap, Service } from 'kubernetes-models/v1';
import { parse, parseAllDocuments } from 'yaml';
import { tool } from '../support/tools.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** The API's own schemas, by kind. */
const KINDS: Readonly<Record<string, new (data: never) => { validate(): void }>> = {
  ConfigMap,
  Deployment,
  HorizontalPodAutoscaler,
  Ingress,
  NetworkPolicy,
  PodDisruptionBudget,
  Service,
};

interface Resource {
  readonly kind: string;
  readonly data?: Readonly<Record<string, string>>;
  readonly spec?: never;
}

async function render(overlay: string): Promise<Resource[]> {
  const folder = `${ROOT}deploy/kubernetes/overlays/${overlay}`;
  const { stdout } = await promisify(execFile)(await tool('kubectl'), ['kustomize', folder]);
  return parseAllDocuments(stdout).map((document) => document.toJS() as Resource);
}

function one<T>(resources: readonly Resource[], kind: string): T {
  const [found, ...others] = resources.filter((resource) => resource.kind === kind);
  expect(others).toEqual([]);
  return found as T;
}

test.each(['example', 'path'])(
  'the overlay %s renders to what the API takes, and names settings that exist',
  async (name) => {
    const resources = await render(name);
    expect(resources.map(({ kind }) => kind).toSorted()).toEqual(Object.keys(KINDS).toSorted());
    for (const resource of resources) new KINDS[resource.kind]!(resource as never).validate();

    const settings = new Set((await readFile(`${ROOT}docs/settings.md`, 'utf8')).match(/`[A-Z][A-Z_]+`/g));
    const { data } = one<{ data: Record<string, string> }>(resources, 'ConfigMap');
    const known = (name: string): boolean =>
      name === 'NODE_ENV' || settings.has(`\`${name}\``) || settings.has(`\`${name.replace(/_FILE$/, '')}\``);
    expect(Object.keys(data).filter((name) => !known(name))).toEqual([]);
    expect(data['SCANGATE_PUBLIC_URL']).toBe(
      name === 'path' ? 'https://example.com/scan/' : 'https://scan.example.com',
    );
  },
);

test('the overlay archive gives the gateways two more files of a secret, and lets them reach PostgreSQL', async () => {
  const resources = await render('archive');
  for (const resource of resources) new KINDS[resource.kind]!(resource as never).validate();
  const { data } = one<{ data: Record<string, string> }>(resources, 'ConfigMap');
  const { spec } = one<{ spec: { template: { spec: Mounting } } }>(resources, 'Deployment');
  const { containers, volumes } = spec.template.spec;
  expect(volumes.map(({ name }) => name).toSorted()).toEqual(['archive', 'clients', 'secrets']);
  const secretOf = (path: string): string | undefined => {
    const mount = containers[0]!.volumeMounts.find(({ mountPath }) => path.startsWith(`${mountPath}/`));
    return volumes.find(({ name }) => name === mount?.name)?.secret?.secretName;
  };
  const files = ['SCANGATE_ARCHIVE_FILE', 'SCANGATE_WEBHOOKS_FILE', 'SCANGATE_SECRETS_FILE'];
  expect(files.map((name) => secretOf(data[name]!))).toEqual([
    'scangate-archive',
    'scangate-archive',
    'scangate',
  ]);
  const policies = resources.filter(({ kind }) => kind === 'NetworkPolicy');
  expect(policies).toHaveLength(2);
  expect(JSON.stringify(policies)).toContain('"port":5432');
});

interface Mounting {
  readonly volumes: readonly { readonly name: string; readonly secret?: { readonly secretName: string } }[];
  readonly containers: readonly {
    readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
  }[];
}

test('the application for Argo CD names an overlay that renders, and leaves the autoscaler alone', async () => {
  const { apiVersion, kind, spec } = parse(
    await readFile(`${ROOT}deploy/kubernetes/argocd/application.yaml`, 'utf8'),
  ) as Application;
  expect([apiVersion, kind]).toEqual(['argoproj.io/v1alpha1', 'Application']);
  const [, overlay] = /^deploy\/kubernetes\/overlays\/(\w+)$/.exec(spec.source.path) ?? [];
  const resources = await render(overlay!);
  expect(spec.source.targetRevision).toBe('main');
  const scaled = one<{ spec: { scaleTargetRef: { kind: string; name: string } } }>(
    resources,
    'HorizontalPodAutoscaler',
  );
  const [left, ...others] = spec.ignoreDifferences;
  expect([left, others]).toEqual([
    expect.objectContaining({ group: 'apps', ...target(scaled.spec), jsonPointers: ['/spec/replicas'] }),
    [],
  ]);
});

function target({
  scaleTargetRef: { kind, name },
}: {
  scaleTargetRef: { kind: string; name: string };
}): object {
  return { kind, name };
}

interface Application {
  readonly apiVersion: string;
  readonly kind: string;
  readonly spec: {
    readonly source: { readonly path: string; readonly targetRevision: string };
    readonly ignoreDifferences: readonly object[];
  };
}

test('what belongs together has one name, also after kustomize wrote its own', async () => {
  const resources = await render('path');
  const { spec } = one<{ spec: { template: { spec: PodSpec } } }>(resources, 'Deployment');
  const [container] = spec.template.spec.containers;
  const ports = container!.ports.map(({ name }) => name);
  const probes = [container!.startupProbe, container!.livenessProbe, container!.readinessProbe];
  expect(probes.map(({ httpGet }) => ports.includes(httpGet.port))).toEqual([true, true, true]);
  const config = one<{ metadata: { name: string } }>(resources, 'ConfigMap').metadata.name;
  expect(container!.envFrom).toEqual([{ configMapRef: { name: config } }]);
  const policy = JSON.stringify(one(resources, 'NetworkPolicy'));
  expect(policy).toContain('"values":["redis"]');
  expect(policy.match(/"matchLabels":\{"app.kubernetes.io\/name":"scangate"\}/g)).toHaveLength(1);
  const { hosts } = one<{ spec: { tls: { hosts: string[] }[] } }>(resources, 'Ingress').spec.tls[0]!;
  expect(hosts).toEqual(['example.com']);
  expect(one<{ spec: { minReplicas: number } }>(resources, 'HorizontalPodAutoscaler').spec.minReplicas).toBe(
    3,
  );
});

interface Probe {
  readonly httpGet: { readonly port: string };
}
interface PodSpec {
  readonly containers: readonly {
    readonly ports: readonly { readonly name: string }[];
    readonly envFrom: unknown;
    readonly startupProbe: Probe;
    readonly livenessProbe: Probe;
    readonly readinessProbe: Probe;
  }[];
}
