package bench

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"testing"

	"actfn/internal/dataset"
	"actfn/internal/model"
	"actfn/internal/record"
	"actfn/internal/train"
	"actfn/internal/worker"
)

// augmentations are what the images of BenchmarkAugment are changed by; those of "crop=4,flip" are the usual ones of CIFAR.
var augmentations = []string{"", "crop=4,flip", "crop=4,flip,rotate,jitter,erase"}

// BenchmarkAugment makes the batches of an epoch, and trains the default model and a ResNet-8 for one: what augmentation
// costs is the difference from the line without.
func BenchmarkAugment(b *testing.B) {
	resnet := model.Default()
	resnet.Network, resnet.Depth, resnet.Norm, resnet.Head = "resnet", 8, "batch", "average"
	networks := map[string]model.Config{"plain": model.Default(), "resnet8": resnet}
	for _, list := range augmentations {
		words := slices.DeleteFunc(strings.Split(list, ","), func(word string) bool { return word == "" })
		data := load(b, words...)
		view := dataset.View{Size: 32, Columns: 32, Augment: new(dataset.Draws)}
		b.Run("batches/"+cmp.Or(list, "none"), func(b *testing.B) {
			images := 0
			for b.Loop() {
				for batch, err := range data.Train.Batches(context.Background(), view) {
					if err != nil {
						b.Fatal(err)
					}
					images += len(batch.Index)
				}
			}
			b.ReportMetric(1e6*b.Elapsed().Seconds()/float64(images), "µs/image")
		})
		for name, network := range networks {
			b.Run(name+"/"+cmp.Or(list, "none"), func(b *testing.B) {
				pool := worker.New(0)
				defer pool.Close()
				job := train.Job{Config: train.Default(), Model: network, Data: train.Loaded(data), Pool: pool}
				job.Config.Epochs = 1
				seconds, images := 0.0, 0
				for b.Loop() {
					run, err := train.Run(context.Background(), job)
					if err != nil {
						b.Fatal(err)
					}
					seconds += run.Epochs[0].Values[record.WallSeconds]
					images += data.Train.Len()
				}
				b.ReportMetric(1e6*seconds/float64(images), "µs/image")
			})
		}
	}
}
