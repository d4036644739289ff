// main.go -- `manifests <FILE`: validate Kubernetes manifests by the schemas of Kubernetes 1.30, which are in the program, and a ServiceMonitor by its
// operator's types; print "KIND NAME" of each that is good. A fault is a line on standard error. Nothing is asked of a cluster or the network.
package main

import (
	"fmt"
	"io"
	"os"

	monitoring "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/kubectl-validate/pkg/openapiclient"
	"sigs.k8s.io/kubectl-validate/pkg/utils"
	"sigs.k8s.io/kubectl-validate/pkg/validator"
	"sigs.k8s.io/yaml"
)

const version = "1.30"

type named struct {
	meta.TypeMeta `json:",inline"`
	Metadata      struct {
		Name string `json:"name"`
	} `json:"metadata"`
}

func check(v *validator.Validator, document []byte) (named, error) {
	var who named
	if err := yaml.Unmarshal(document, &who); err != nil {
		return who, err
	}
	if who.Kind == "ServiceMonitor" {
		return who, yaml.UnmarshalStrict(document, &monitoring.ServiceMonitor{})
	}
	_, parsed, err := v.Parse(document)
	if err != nil {
		return who, err
	}
	return who, v.Validate(parsed)
}

func main() {
	v, err := validator.New(openapiclient.NewOverlay(openapiclient.HardcodedPatchLoader(version), openapiclient.NewHardcodedBuiltins(version)))
	if err != nil {
		panic(err)
	}
	text, err := io.ReadAll(os.Stdin)
	if err != nil {
		panic(err)
	}
	documents, err := utils.SplitYamlDocuments(text)
	if err != nil {
		panic(err)
	}
	status := 0
	for _, document := range documents {
		if utils.IsEmptyYamlDocument(document) {
			continue
		}
		if who, err := check(v, document); err != nil {
			fmt.Fprintf(os.Stderr, "%s %s: %v\n", who.Kind, who.Metadata.Name, err)
			status = 1
		} else {
			fmt.Println(who.Kind, who.Metadata.Name)
		}
	}
	os.Exit(status)
}
