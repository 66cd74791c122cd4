package dataset

// assemble writes x, (P, H, W, N), from the planes of at most n images of size = H·W pixels:
// x[c, p, k] = tables[c][image k, plane c, pixel p], and 0 for the columns without an image.
// A gray image has one plane, which stands for all of them.
func assemble(x []float32, images [][]byte, tables []table, size, n int) {
	if len(images) < n {
		clear(x)
	}
	for c := range tables {
		assembleChannel(x[c*size*n:][:size*n], images, &tables[c], c, size, n)
	}
}

// assembleChannel transposes one plane of each image into rows of n floats. It takes eight images
// at a time: half a cache line is written at once, and a processor follows eight streams easily.
func assembleChannel(dst []float32, images [][]byte, t *table, c, size, n int) {
	var planes [8][]byte
	k := 0
	for ; k+len(planes) <= len(images); k += len(planes) {
		for j := range planes {
			planes[j] = plane(images[k+j], c, size)
		}
		eightColumns(dst[k:], &planes, t, n)
	}
	for ; k < len(images); k++ {
		column(dst[k:], plane(images[k], c, size), t, n)
	}
}

// plane is channel c of an image.
func plane(image []byte, c, size int) []byte {
	if len(image) > size {
		image = image[c*size:]
	}
	return image[:size]
}

// eightColumns writes dst[p·n + j] = t[planes[j][p]] for j = 0 … 7.
func eightColumns(dst []float32, planes *[8][]byte, t *table, n int) {
	s0 := planes[0]
	m := len(s0) // known to be the length of all, so that no index below needs a check
	s1, s2, s3, s4 := planes[1][:m], planes[2][:m], planes[3][:m], planes[4][:m]
	s5, s6, s7 := planes[5][:m], planes[6][:m], planes[7][:m]
	row := 0
	for p := range s0 {
		d := (*[8]float32)(dst[row:])
		d[0], d[1], d[2], d[3] = t[s0[p]], t[s1[p]], t[s2[p]], t[s3[p]]
		d[4], d[5], d[6], d[7] = t[s4[p]], t[s5[p]], t[s6[p]], t[s7[p]]
		row += n
	}
}

// column writes dst[p·n] = t[src[p]].
func column(dst []float32, src []byte, t *table, n int) {
	row := 0
	for _, v := range src {
		dst[row] = t[v]
		row += n
	}
}
