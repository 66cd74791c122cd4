package main

import (
	"github.com/spf13/cobra"

	"actfn/internal/dataset"
)

func newImportCIFARCmd(a *app) *cobra.Command {
	var in dataset.CIFARImport
	var json bool
	cmd := &cobra.Command{
		Use:   "cifar FOLDER|ARCHIVE OUT",
		Short: "Convert the binary version of CIFAR-10 or CIFAR-100 into folders of PNGs",
		Long: `cifar reads the files of CIFAR-10's or CIFAR-100's binary version, in a folder or in the .tar.gz as it is
downloaded, and writes OUT/train/CLASS/BATCH-NUMBER.png and OUT/test/CLASS/BATCH-NUMBER.png. The classes of
CIFAR-100 are the 100 fine ones. OUT must be new or empty, and appears when all files are written.`,
		Example: `  actfn dataset import cifar cifar-10-binary.tar.gz cifar10
  actfn dataset import cifar cifar-100-binary cifar100`,
		Args: arguments(2, 2, "2: a folder or .tar.gz, and the folder to make"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := checkWorkers(in.Workers); err != nil {
				return usage(err)
			}
			in.Root, in.Out = args[0], args[1]
			made, err := writeDataset(a, &in.Options, func() (dataset.Made, error) { return dataset.ImportCIFAR(cmd.Context(), in) })
			if err != nil {
				return err
			}
			return writeMade(a, made, json)
		},
	}
	flags := cmd.Flags()
	bindWorkers(cmd, &in.Workers)
	flags.BoolVar(&json, "json", false, "print the numbers of images as one JSON object")
	bindProgress(cmd, a.ui)
	flags.SortFlags = false
	return cmd
}
