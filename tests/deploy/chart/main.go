// Renders the chart as Helm does, with the few functions that it uses: there is no Helm among the packages that the tests
// may install. A function that is not here fails the rendering.
//
// Usage: go run . FOLDER/OF/CHART RELEASE <values.json
// The values, from YAML to JSON, come on standard input: Go's own library has no YAML, and JSON is YAML.
package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"text/template"
)

func main() {
	if err := render(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func render(folder, release string) error {
	var given struct{ Values, Chart map[string]interface{} }
	if err := json.NewDecoder(os.Stdin).Decode(&given); err != nil {
		return err
	}
	chart := map[string]interface{}{}
	for name, value := range given.Chart {
		chart[strings.ToUpper(name[:1])+name[1:]] = value
	}
	data := map[string]interface{}{
		"Values":  given.Values,
		"Chart":   chart,
		"Release": map[string]string{"Name": release, "Service": "Helm"},
	}
	all := template.New("chart").Option("missingkey=error")
	indent := func(width int, text string) string {
		return strings.ReplaceAll(text, "\n", "\n"+strings.Repeat(" ", width))
	}
	all.Funcs(template.FuncMap{
		"include": func(name string, data interface{}) (string, error) {
			var out bytes.Buffer
			err := all.ExecuteTemplate(&out, name, data)
			return out.String(), err
		},
		"nindent":    func(width int, text string) string { return "\n" + strings.Repeat(" ", width) + indent(width, text) },
		"quote":      func(value interface{}) string { return fmt.Sprintf("%q", fmt.Sprint(value)) },
		"sha256sum":  func(text string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(text))) },
		"trunc":      func(most int, text string) string { return text[:min(most, len(text))] },
		"trimSuffix": func(suffix, text string) string { return strings.TrimSuffix(text, suffix) },
		"toYaml":     func(value interface{}) string { return strings.TrimSuffix(block(value), "\n") },
		"default": func(otherwise, value interface{}) interface{} {
			if value == nil || value == "" {
				return otherwise
			}
			return value
		},
	})
	files, err := filepath.Glob(filepath.Join(folder, "templates", "*"))
	if err != nil {
		return err
	}
	if _, err := all.ParseFiles(files...); err != nil {
		return err
	}
	for _, file := range files {
		if filepath.Ext(file) != ".yaml" {
			continue
		}
		fmt.Println("---")
		if err := all.ExecuteTemplate(os.Stdout, filepath.Base(file), data); err != nil {
			return err
		}
	}
	return nil
}

// A map as lines, as Helm writes it; what stands in it as JSON, which YAML is a part of.
func block(value interface{}) string {
	entries, isMap := value.(map[string]interface{})
	if !isMap || len(entries) == 0 {
		text, _ := json.Marshal(value)
		return string(text) + "\n"
	}
	var lines strings.Builder
	for name, entry := range entries {
		text, _ := json.Marshal(entry)
		fmt.Fprintf(&lines, "%q: %s\n", name, text)
	}
	return lines.String()
}

func min(a, b int) int {
	if a < b {
		return a
	}
	return b
}
