cwlVersion: v1.2
class: ExpressionTool
label: Take the reads and peaks of each cell type
doc: |
  Lists the files of each cell type, and prefixes for what is made of them. Peaks are called where none are given. Fails
  where two cell types have one name.

requirements:
  InlineJavascriptRequirement: {}
  SchemaDefRequirement:
    types:
      - $import: types.yml

inputs:
  tf:
    type: string
    label: Transcription factor
    doc: Name of the transcription factor.
  reads:
    type: {type: array, items: types.yml#cell_reads}
    label: Cell types with their reads
    doc: The cell types, one record each, with their reads and peaks.

outputs:
  input:
    type: {type: array, items: {type: array, items: File}}
    label: Reads
    doc: The files of reads of each cell type.
    format: http://edamontology.org/format_1919
    sbg:fileTypes: "BAM, BED, BED.GZ, BEDPE, BEDPE.GZ, TSV, TSV.GZ"
  prefix:
    type: string[]
    label: Prefixes of the signals
    doc: The name of each cell type, of letters, digits, - and +.
  call_peaks:
    type: boolean[]
    label: Whether to call peaks
    doc: Whether a cell type has no ATAC-seq peaks.
  atac_peaks:
    type: {type: array, items: ["null", File]}
    label: ATAC-seq peaks
    doc: The ATAC-seq peaks of each cell type that has them.
    format: http://edamontology.org/format_3003
    sbg:fileTypes: "BED, BED.GZ, NARROWPEAK, NARROWPEAK.GZ"
  chip_peaks:
    type: {type: array, items: {type: array, items: File}}
    label: ChIP-seq peaks
    doc: "The ChIP-seq peaks of each cell type, one file per replicate."
    format: http://edamontology.org/format_3003
    sbg:fileTypes: "BED, BED.GZ, NARROWPEAK, NARROWPEAK.GZ"
  binding_prefix:
    type: string[]
    label: Prefixes of the binding
    doc: The name of each cell type and that of the factor.

expression: |
  ${
    function plain(name) { return name.replace(/[^\w+-]/g, "_"); }
    var taken = {};
    var names = inputs.reads.map(function (cell) {
      var name = plain(cell.cell_type);
      if (taken[name]) {
        throw "reads: found " + cell.cell_type + " more than once; expected one record for each cell type, and names "
          + "that differ in letters or digits";
      }
      taken[name] = true;
      return name;
    });
    return {
      "input": inputs.reads.map(function (cell) { return cell.reads; }),
      "prefix": names,
      "call_peaks": inputs.reads.map(function (cell) { return !cell.atac_peaks; }),
      "atac_peaks": inputs.reads.map(function (cell) { return cell.atac_peaks || null; }),
      "chip_peaks": inputs.reads.map(function (cell) { return cell.chip_peaks; }),
      "binding_prefix": names.map(function (name) { return name + "_" + plain(inputs.tf); })
    };
  }

# begin: about
$namespaces:
  s: https://schema.org/
  sbg: https://sevenbridges.com
s:name: "split-reads"
s:softwareVersion: "0.1.0"
s:author:
  - s:name: "The maxatac developers"
s:license: https://spdx.org/licenses/Apache-2.0
s:citation: https://doi.org/10.1371/journal.pcbi.1010863
s:codeRepository: https://github.com/OWNER/maxatac
s:keywords: ["ATAC-seq", "transcription factor binding", "deep learning", genomics]
sbg:license: Apache-2.0
sbg:toolkit: maxatac
sbg:toolkitVersion: "0.1.0"
sbg:toolAuthor: "The maxatac developers"
sbg:wrapperAuthor: "The maxatac developers"
sbg:categories: ["ATAC-seq", "ChIP-seq", Epigenomics, "Machine learning"]
sbg:links:
  - {id: "https://github.com/OWNER/maxatac", label: Source code}
  - {id: "https://github.com/OWNER/maxatac/tree/main/docs", label: Documentation}
  - {id: "https://doi.org/10.1371/journal.pcbi.1010863", label: Publication}
# end
