/** What runs in a cluster, read as it stands: kustomize itself renders it in the end-to-end lane. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { TObject } from "typebox";
import { describe, expect, it } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { HostSettings } from "#functions/host/settings.ts";
import { Settings } from "#functions/standalone/settings.ts";

const root = fileURLToPath(new URL("../knative/", import.meta.url));
const files = readdirSync(root, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".yaml"));
const read = (file: string) => readFileSync(join(root, file), "utf8");
const kustomizations = files.filter((file) => file.endsWith("kustomization.yaml"));
const objects = files
  .filter((file) => !kustomizations.includes(file))
  .flatMap((file) => parseAllDocuments(read(file)).map((one) => ({ file, ...one.toJS() })));
const ofKind = (...kinds: string[]) => objects.filter(({ kind }) => kinds.includes(kind));
const name = ({ kind, metadata }: any) => `${kind}/${metadata.name}`;

/** Everything that is a pod, by who runs it. */
const pods = objects
  .filter(({ spec }) => spec?.template?.spec?.containers)
  .map((one) => [`${one.file}: ${name(one)}`, one, one.spec.template] as const);
const settingsOf = ({ image, args }: any): TObject | undefined =>
  image === "roundsman/host" ? HostSettings : args[0] === "start" ? Settings : undefined;
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
    const named = kustomizations.flatMap((file) =>
      (parse(read(file)).resources ?? []).map((one: string) => join(dirname(file), one)),
    );
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
    expect(spec.securityContext).toMatchObject({
      runAsNonRoot: true,
      runAsUser: 65532,
      seccompProfile: { type: "RuntimeDefault" },
    });
    for (const { securityContext } of spec.containers)
      expect(securityContext).toEqual({
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
      const env: Record<string, string> = Object.fromEntries(container.env.map((one: any) => [one.name, one.value]));
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

  it("is reached by its Service, which a policy lets in", () => {
    if (owner.kind !== "Deployment") return;
    const { labels } = metadata;
    expect(owner.spec.selector.matchLabels).toEqual({
      "app.kubernetes.io/name": "roundsman",
      "app.kubernetes.io/component": labels["app.kubernetes.io/component"],
    });
    const selects = (selector: object) => expect.objectContaining({ ...selector });
    for (const service of ofKind("Service").filter(
      (one) => one.file === owner.file || dirname(one.file) === dirname(owner.file),
    ))
      if (Object.entries(service.spec.selector ?? {}).every(([key, value]) => labels[key] === value)) {
        expect(service.spec.ports).toEqual([selects({ targetPort: "http" })]);
        const policies = ofKind("NetworkPolicy").filter(
          ({ spec: { podSelector, ingress } }) =>
            ingress &&
            Object.entries(podSelector.matchLabels ?? { none: "" }).every(([key, value]) => labels[key] === value),
        );
        expect(policies.length).toBeGreaterThan(0);
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
    // Of rbac/executor an overlay with remedies makes use.
    expect(accounts.filter((one) => !used.includes(one) && !/-reader$|-executor$/.test(one))).toEqual([]);
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
