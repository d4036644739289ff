{{/* _helpers.tpl -- names, labels, and what the server and the migration have in common. */}}
{{- define "dure.name" -}}
{{- if contains .Chart.Name .Release.Name }}{{ .Release.Name | trunc 53 | trimSuffix "-" }}{{ else }}{{ printf "%s-%s" .Release.Name .Chart.Name | trunc 53 | trimSuffix "-" }}{{ end -}}
{{- end }}

{{- define "dure.selector" -}}
app.kubernetes.io/name: dure
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "dure.labels" -}}
{{ include "dure.selector" . }}
app.kubernetes.io/version: {{ .Values.image.tag | default .Chart.AppVersion | trunc 63 | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 }}
{{- end }}

{{- define "dure.image" -}}
{{ .Values.image.repository }}{{ if .Values.image.digest }}@{{ .Values.image.digest }}{{ else }}:{{ .Values.image.tag | default .Chart.AppVersion }}{{ end }}
{{- end }}

{{- define "dure.pod" -}}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: 3001
  runAsGroup: 3001
  fsGroup: 3001
  seccompProfile: { type: RuntimeDefault }
{{- with .Values.imagePullSecrets }}
imagePullSecrets: {{- toYaml . | nindent 2 }}
{{- end }}
volumes:
  - name: run
    emptyDir: { medium: Memory, sizeLimit: 64Mi }
  - name: tmp
    emptyDir: { sizeLimit: 2Gi }
{{- end }}

{{- define "dure.container" -}}
image: {{ include "dure.image" . | quote }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
securityContext:
  readOnlyRootFilesystem: true
  allowPrivilegeEscalation: false
  capabilities: { drop: [ALL] }
envFrom:
  - secretRef: { name: {{ .Values.secretName | quote }} }
env:
  - { name: NODE_ENV, value: production }
  - { name: PORT, value: "3001" }
{{- range $key, $value := .Values.config }}
  - { name: {{ $key }}, value: {{ $value | toString | quote }} }
{{- end }}
volumeMounts:
  - { name: run, mountPath: /run/dure }
  - { name: tmp, mountPath: /tmp }
{{- end }}
