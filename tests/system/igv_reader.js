// Reads a bigWig file with the reader of igv.js: node igv_reader.js IGV.JS < JOB > FOUND, both JSON.
// A job has a path and regions: chromosome, start, end, and bp per pixel for a zoom level or 0 for the data.
const fs = require("node:fs");
const vm = require("node:vm");
const { File } = require("node:buffer");

// As much of a page as igv.js touches while it loads.
const anything = new Proxy(function () {}, {
  get: (_, key) => {
    if (key === Symbol.toPrimitive) return () => "";
    if (key === "length") return 0;
    return /Sibling$|^firstChild$|^parentNode$/.test(String(key)) ? null : anything;
  },
  set: () => true,
  apply: () => anything,
  construct: () => anything,
});
const having = (parts) => new Proxy(parts, { get: (object, key) => (key in object ? object[key] : anything) });
const document = having({ nodeType: 9 });
const window = having({ document, setTimeout, clearTimeout, location: { href: "" }, navigator: { userAgent: "" } });
Object.assign(globalThis, { window, document, HTMLElement: class {}, Node: class {}, XMLHttpRequest: class {}, File });

// The reader is not among the names that igv.js gives out.
const source = fs.readFileSync(process.argv[2], "utf8");
const reader = /class (\w+)\{chrAliasTable=new Map/.exec(source)[1];
const end = source.lastIndexOf("return ");
const names = /^return (\w+)/.exec(source.slice(end))[1];
vm.runInThisContext(`${source.slice(0, end)}${names}.Reader=${reader};${source.slice(end)}`);

async function read(job) {
  const track = new window.igv.Reader({ url: new File([fs.readFileSync(job.path)], "x.bw") });
  await track.loadHeader();
  const zooms = (await track.getZoomHeaders()).map((zoom) => zoom.reductionLevel);
  const regions = [];
  for (const [chrom, start, stop, bpPerPixel] of job.regions) {
    const items = await track.readFeatures(chrom, start, chrom, stop, bpPerPixel || undefined);
    regions.push(items.map((item) => [item.start, item.end, item.value]));
  }
  return { chroms: track.chromTree.idToName, summary: track.totalSummary, zooms, regions };
}

read(JSON.parse(fs.readFileSync(0, "utf8"))).then((found) => console.log(JSON.stringify(found)));
