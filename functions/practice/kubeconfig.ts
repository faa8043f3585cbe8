/** A kubeconfig for the practice cluster: no credentials, plain HTTP on loopback. */
export const kubeconfigOf = (url: string): string => `apiVersion: v1
kind: Config
clusters:
  - name: practice
    cluster:
      server: ${url}
users:
  - name: practice
    user: {}
contexts:
  - name: practice
    context:
      cluster: practice
      user: practice
current-context: practice
`;
