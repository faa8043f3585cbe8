/** What runs in a cluster, read as it stands: kustomize itself renders it in the end-to-end lane. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { TObject } from "typebox";
import { describe, expect, it } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { PROCESSES } from "#functions/fleet/processes.ts";
import { RemedySettings } from "#functions/fleet/remedy.ts";
import { HostSettings } from "#functions/host/settings.ts";
import { Settings } from "#functions/standalone/settings.ts";

const root = fileURLToPath(new URL("../knative/", import.meta.url));
const files = readdirSync(root, { recursive: true, encoding: "utf8" }).filter(
  // Prometheus' kinds have a test of their own.
  (file) => file.endsWith(".yaml") && !file.startsWith("observability/"),
);
const read = (file: string) => readFileSync(join(root, file), "utf8");
const kustomizations = files.filter((file) => file.endsWith("kustomization.yaml"));
const objects = files
  .filter((file) => !kustomizations.includes(file) && file !== "processes/common.yaml" && !file.endsWith("/names.yaml"))
  .flatMap((file) => parseAllDocuments(read(file)).map((one) => ({ file, ...one.toJS() })));
const ofKind = (...kinds: string[]) => objects.filter(({ kind }) => kinds.includes(kind));
const name = ({ kind, metadata }: any) => `${kind}/${metadata.name}`;

/** As kustomize merges: fields one by one, lists of what has a name (or a mount's path, a port) by that. */
function merged(one: any, patch: any): any {
  if (Array.isArray(one) && Array.isArray(patch)) {
    const key = ["mountPath", "containerPort", "name"].find((field) => field in (patch[0] ?? {}));
    if (key === undefined) return patch;
    const others = one.filter((of) => !patch.some((other: any) => other[key] === of[key]));
    return [...others, ...patch.map((of: any) => merged(one.find((other) => other[key] === of[key]) ?? {}, of))];
  }
  if (typeof one !== "object" || typeof patch !== "object" || Array.isArray(patch)) return patch;
  const both = Object.entries(patch).map(([key, value]) => [key, key in one ? merged(one[key], value) : value]);
  return { ...one, ...Object.fromEntries(both) };
}
const selects = ({ matchLabels = {}, matchExpressions = [] }: any, labels: Record<string, string>) =>
  Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
  matchExpressions.every(({ key, values }: any) => values.includes(labels[key])) &&
  Object.keys(matchLabels).length + matchExpressions.length > 0;
const common = parse(read("processes/common.yaml")).spec.template;

/** Everything that is a pod, by who runs it, with what all processes have in common. */
const pods = objects
  .filter(({ spec }) => spec?.template?.spec?.containers)
  .map((one) => {
    const { template } = one.spec;
    return [
      `${one.file}: ${name(one)}`,
      one,
      one.file.startsWith("processes/") ? merged(template, common) : template,
    ] as const;
  });
const processes = Object.fromEntries(
  await Promise.all(Object.entries(PROCESSES).map(async ([key, load]) => [key, (await load()).process.settings])),
) as Record<string, TObject>;
const settingsOf = ({ image, args }: any): TObject | undefined => {
  if (image === "roundsman/host") return HostSettings;
  if (args[1] === "remedy") return RemedySettings;
  return args[0] === "start" ? Settings : processes[args[1]];
};
const generated = kustomizations
  .flatMap((file) => parse(read(file)).configMapGenerator ?? [])
  .map(({ name: of, literals = [], files: keys = [] }: any) => ({
    name: of as string,
    keys: keys as string[],
    variables: literals.map((one: string) => [one.split("=")[0], one.slice(one.indexOf("=") + 1)]) as [
      string,
      string,
    ][],
  }));
const variable = (key: string) => `ROUNDSMAN_${key.replace(/[A-Z]/g, (c) => `_${c}`).toUpperCase()}`;

describe("kustomizations", () => {
  it.each(kustomizations)("%s names what there is", (file) => {
    const { resources = [], components = [], configMapGenerator = [] } = parse(read(file));
    const named = [...resources, ...components, ...configMapGenerator.flatMap((one: any) => one.files ?? [])];
    for (const one of named) {
      expect(existsSync(join(root, dirname(file), one)), one).toBe(true);
      // A file beside it, or a folder that is a kustomization: kustomize takes nothing else.
      const isFolder = kustomizations.includes(join(dirname(file), one, "kustomization.yaml"));
      expect(isFolder || /^[\w.-]+$/.test(one), one).toBe(true);
    }
  });
  it("leave out no file", () => {
    const named = kustomizations.flatMap((file) => {
      const { resources = [], configurations = [], patches = [] } = parse(read(file));
      const paths = patches.flatMap(({ path }: { path?: string }) => path ?? []);
      return [...resources, ...configurations, ...paths].map((one: string) => join(dirname(file), one));
    });
    expect(files.filter((file) => !kustomizations.includes(file) && !named.includes(file))).toEqual([]);
  });
});

describe("images", () => {
  const { images } = parse(read("images/kustomization.yaml"));
  const { version } = JSON.parse(readFileSync(join(root, "../package.json"), "utf8"));
  it("come from one place, at this version; no manifest says where from", () => {
    const used = pods.flatMap(([, , { spec }]) => spec.containers.map(({ image }: any) => image));
    expect([...new Set(used)].sort()).toEqual(
      images
        .map((one: any) => one.name)
        .filter((one: string) => used.includes(one))
        .sort(),
    );
    for (const one of images) expect(one).toEqual({ name: expect.stringMatching(/^roundsman\//), newTag: version });
    for (const file of readdirSync(join(root, "overlays")))
      expect(parse(read(`overlays/${file}/kustomization.yaml`)).components).toContain("../../images");
  });
});

describe.each(pods)("%s", (_, owner, { metadata, spec }) => {
  it("asks for no more than the restricted profile", () => {
    // Knative takes it for containers alone.
    const isService = owner.apiVersion.startsWith("serving.knative.dev");
    const whoever = {
      runAsNonRoot: true,
      runAsUser: 65532,
      runAsGroup: 65532,
      seccompProfile: { type: "RuntimeDefault" },
    };
    if (!isService) expect(spec.securityContext).toMatchObject(whoever);
    for (const { securityContext } of spec.containers)
      expect(securityContext).toEqual({
        ...(isService && whoever),
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ["ALL"] },
      });
    for (const key of ["hostNetwork", "hostPID", "hostIPC"]) expect(spec[key]).toBeUndefined();
    for (const volume of spec.volumes ?? []) expect(volume.hostPath).toBeUndefined();
  });

  it("runs as an account of ours, whose token it has only where it asks the API server", () => {
    expect(ofKind("ServiceAccount").map((one) => one.metadata.name)).toContain(spec.serviceAccountName);
    expect(spec.automountServiceAccountToken).toBe(metadata.labels["roundsman.dev/asks"] === "api-server");
  });

  it("says what it needs, is asked whether it lives and is ready, and goes first", () => {
    for (const { resources, readinessProbe, livenessProbe } of spec.containers) {
      expect(resources).toMatchObject({
        requests: { cpu: expect.anything(), memory: expect.anything() },
        limits: { memory: expect.anything() },
      });
      expect(resources.limits.cpu).toBeUndefined();
      expect(readinessProbe).toBeTruthy();
      expect(livenessProbe).toBeTruthy();
    }
    if (owner.kind === "Deployment") expect(spec.priorityClassName).toBe("roundsman");
  });

  it("is told what its settings know, and listens where it is asked", () => {
    // Else a Service named roundsman sets ROUNDSMAN_PORT.
    expect(spec.enableServiceLinks).toBe(false);
    for (const container of spec.containers) {
      const settings = settingsOf(container);
      expect(settings, "no settings are known for it").toBeTruthy();
      const known = [...Object.keys(settings!.properties).map(variable), "PORT", "NODE_OPTIONS"];
      const from = (container.envFrom ?? []).map((one: any) => one.configMapRef.name as string);
      const env: Record<string, string> = {
        ...Object.fromEntries(generated.filter((one) => from.includes(one.name)).flatMap((one) => one.variables)),
        ...Object.fromEntries(container.env.map((one: any) => [one.name, one.value])),
      };
      for (const key of Object.keys(env)) expect(known).toContain(key);
      expect(env).toMatchObject({
        ROUNDSMAN_ADDRESS: "0.0.0.0",
        ROUNDSMAN_CALLERS: expect.stringMatching(/^\/etc\/roundsman\//),
      });
      const mounts = container.volumeMounts.map((one: any) => one.mountPath);
      for (const value of Object.values(env))
        if (value?.startsWith("/"))
          expect(
            mounts.some((mount: string) => value.startsWith(mount)),
            value,
          ).toBe(true);
      if (owner.apiVersion.startsWith("serving.knative.dev")) continue;
      expect(container.ports).toEqual([{ name: "http", containerPort: Number(env.PORT) }]);
    }
  });

  it("has more time to end than it takes to", () => {
    if (owner.kind !== "Deployment") return;
    for (const container of spec.containers) {
      const grace = (settingsOf(container)!.properties as any).grace.default;
      expect(spec.terminationGracePeriodSeconds * 1_000).toBeGreaterThan(grace);
    }
  });

  it("is selected by its Service and by a policy that lets callers in; of two one stays through a drain", () => {
    const { labels } = metadata;
    expect(
      ofKind("NetworkPolicy").some(({ spec: { podSelector, ingress } }) => ingress && selects(podSelector, labels)),
    ).toBe(true);
    if (owner.kind !== "Deployment") return;
    const own = {
      matchLabels: {
        "app.kubernetes.io/name": "roundsman",
        "app.kubernetes.io/component": labels["app.kubernetes.io/component"],
      },
    };
    expect(owner.spec.selector).toEqual(own);
    const beside = objects.filter(({ file }) => dirname(file) === dirname(owner.file));
    for (const service of beside.filter(({ kind }) => kind === "Service"))
      if (selects({ matchLabels: service.spec.selector }, labels))
        expect(service.spec.ports).toEqual([{ name: "http", port: 80, targetPort: "http" }]);
    const budgets = beside.filter(
      ({ kind, spec: of }) => kind === "PodDisruptionBudget" && selects(of.selector, labels),
    );
    expect(budgets.map(({ spec: of }) => of.maxUnavailable)).toEqual(owner.spec.replicas === 1 ? [] : [1]);
  });

  it("holds the Lease of its own name, and callers are said in a file that there is", () => {
    for (const { env } of spec.containers) {
      const value = (key: string) => env.find((one: any) => one.name === key)?.value;
      const lease = value("ROUNDSMAN_LEASE");
      if (lease !== undefined) {
        expect(lease).toBe(`roundsman/${spec.serviceAccountName}`);
        const role = ofKind("Role").find((one) => one.metadata.name === spec.serviceAccountName);
        expect(role?.rules).toEqual([
          { apiGroups: ["coordination.k8s.io"], resources: ["leases"], verbs: ["create"] },
          {
            apiGroups: ["coordination.k8s.io"],
            resources: ["leases"],
            resourceNames: [spec.serviceAccountName],
            verbs: ["get", "update"],
          },
        ]);
      }
      const { configMap } = spec.volumes.find((one: any) => one.name === "callers");
      const keys = generated.filter((one) => one.name === configMap.name).flatMap((one) => one.keys);
      expect(keys).toContain(value("ROUNDSMAN_CALLERS").split("/").at(-1));
    }
  });
});

describe("rights", () => {
  const accounts = ofKind("ServiceAccount").map((one) => one.metadata.name);
  it("are bound to accounts and roles that there are; and nobody may do all, or read secrets", () => {
    for (const { roleRef, subjects } of ofKind("ClusterRoleBinding", "RoleBinding")) {
      expect(ofKind(roleRef.kind).map((one) => one.metadata.name)).toContain(roleRef.name);
      for (const { name: subject, namespace } of subjects)
        expect([accounts.includes(subject), namespace]).toEqual([true, "roundsman"]);
    }
    for (const { rules } of ofKind("ClusterRole", "Role"))
      for (const { apiGroups, resources, verbs } of rules)
        for (const one of [...apiGroups, ...resources, ...verbs]) expect(one).not.toMatch(/\*|secrets/);
  });
  it("belong to accounts that somebody runs as, or calls as", () => {
    const used = pods.map(([, , { spec }]) => spec.serviceAccountName);
    // Of rbac/executor an overlay with remedies makes use; the others are names that callers are known by.
    expect(accounts.filter((one) => !used.includes(one) && !/-(reader|executor|metrics|sender)$/.test(one))).toEqual(
      [],
    );
    for (const { file, metadata, automountServiceAccountToken } of ofKind("ServiceAccount"))
      if (!file.startsWith("rbac/"))
        expect([metadata.name, automountServiceAccountToken]).toEqual([metadata.name, false]);
  });
});

it("every object is labelled as ours, so that what is left can be found", () => {
  for (const { file, kind, metadata } of objects)
    if (kind !== "CustomResourceDefinition")
      expect([file, metadata.labels?.["app.kubernetes.io/name"]]).toEqual([file, "roundsman"]);
});
