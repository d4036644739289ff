// main.go -- `compose FILE ENVFILE`: load a compose file as Docker Compose does, by its schema and with the variables of ENVFILE alone, and print
// the project as JSON. A fault is one line on standard error.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/compose-spec/compose-go/v2/cli"
)

func main() {
	options, err := cli.NewProjectOptions([]string{os.Args[1]}, cli.WithEnvFiles(os.Args[2]), cli.WithDotEnv)
	if err == nil {
		var text []byte
		project, e := options.LoadProject(context.Background())
		if err = e; err == nil {
			text, err = project.MarshalJSON()
			os.Stdout.Write(text)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
