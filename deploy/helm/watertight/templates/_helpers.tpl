{{- define "watertight.name" -}}
{{- printf "%s-watertight" .Release.Name | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "watertight.selector" -}}
app.kubernetes.io/name: watertight
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "watertight.labels" -}}
{{ include "watertight.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}
