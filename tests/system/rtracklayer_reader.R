# Reads bigWig files with UCSC's library, as rtracklayer has it: Rscript rtracklayer_reader.R < JOBS
# A job is a line: path, chromosome, start, end. For each it prints the chromosomes, the data of the region, the mean of
# the chromosome, which comes from a zoom level, and "end".
suppressMessages(library(rtracklayer))
jobs <- read.delim(file("stdin"), header = FALSE, quote = "", colClasses = "character")
for (row in seq_len(nrow(jobs))) {
  track <- BigWigFile(jobs[row, 1])
  sizes <- seqlengths(seqinfo(track))
  cat(paste("chrom", names(sizes), sizes, sep = "\t"), sep = "\n")
  region <- GRanges(jobs[row, 2], IRanges(as.integer(jobs[row, 3]) + 1L, as.integer(jobs[row, 4])))
  items <- import(track, which = region)
  cat(paste("item", start(items) - 1L, end(items), sprintf("%.9g", score(items)), sep = "\t"), sep = "\n")
  whole <- GRanges(jobs[row, 2], IRanges(1L, sizes[[jobs[row, 2]]]))
  means <- summary(track, whole, size = 1L, type = "mean")[[1]]
  cat(paste("mean", sprintf("%.9g", score(means)), sep = "\t"), "end", sep = "\n")
}
