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
  tf: string
  reads:
    type: {type: array, items: types.yml#cell_reads}

outputs:
  input: {type: {type: array, items: {type: array, items: File}}}
  prefix: string[]
  call_peaks: boolean[]
  atac_peaks: {type: {type: array, items: ["null", File]}}
  chip_peaks: {type: {type: array, items: {type: array, items: File}}}
  binding_prefix: string[]

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
