import { parseAllDocuments } from "yaml";

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

/** What rendered manifests let an account do, as `group/resource verb`, each once. */
export function rightsGranted(rendered: string, account: string): Set<string> {
  const documents = parseAllDocuments(rendered).map((one) => one.toJS());
  const roles = documents
    .filter(({ kind }) => /RoleBinding$/.test(kind))
    .filter(({ subjects }) => subjects.some(({ name }: { name: string }) => name === account))
    .map(({ roleRef }) => roleRef);
  const rules = roles.flatMap(
    (ref): Rule[] => documents.find(({ kind, metadata }) => kind === ref.kind && metadata.name === ref.name).rules,
  );
  return new Set(
    rules.flatMap(({ apiGroups: [group = ""], resources, verbs }) =>
      resources.flatMap((resource) => verbs.map((verb) => `${group}/${resource} ${verb}`)),
    ),
  );
}
