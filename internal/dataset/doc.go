// Package dataset turns a folder or .zip of pictures into float32 batches, as torchvision's
// ImageFolder and ToTensor do.
//
// A root holds train/ and test/, optionally val/; each holds a folder per class, and the pictures
// lie in it at any depth. Or it holds the folders of the classes alone. The steps are one file
// each: open finds the root, folders its splits, scan lists them, source reads a file and package
// picture decodes it, transform brings it to the model's size, load does so for all of them once
// and in parallel, split holds out test and validation images, and batches hands them to the
// model, in training changed by package augment. ImportIDX, ImportCIFAR, SplitFolder, Check and
// Samples serve `actfn dataset`.
//
// Dimensions: N batch, C channels, H height, W width. Pixels are bytes in planes (C, H, W); a
// batch is float32 (C, H, W, N).
package dataset
