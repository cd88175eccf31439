package org.octothorpe.cli.curate;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.internal.chartpart.Chart;
import org.octothorpe.cli.report.PngFile;
import org.octothorpe.data.curation.CurationReport;
import org.octothorpe.data.curation.CurationSettings;
import org.octothorpe.data.curation.rules.SenseChoice;
import org.octothorpe.internal.AtomicFiles;

/** The report of a curation as one HTML file that needs nothing else: figures, plots, tables. */
final class HtmlReport {
  static final String FILE = "report.html";

  private static final int ROWS = 200;
  private static final String STYLE =
      "body{font:15px/1.45 sans-serif;max-width:1060px;margin:2em auto;padding:0 1em;color:#222}"
          + "table{border-collapse:collapse;margin:1em 0}"
          + "td,th{border-bottom:1px solid #ddd;padding:.25em .8em;text-align:left;vertical-align:top}"
          + "td.n{text-align:right;font-variant-numeric:tabular-nums}"
          + "img{width:100%}h2{margin-top:2em}p.note{color:#666}";

  private final StringBuilder html = new StringBuilder();

  private HtmlReport() {}

  /** Writes the report of a set. */
  static void write(Path file, CurationSettings settings, CurationReport report)
      throws IOException {
    HtmlReport page = new HtmlReport();
    page.build(settings, report);
    AtomicFiles.write(file, page.html.toString());
  }

  private void build(CurationSettings settings, CurationReport report) throws IOException {
    html.append("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">")
        .append("<title>Curation</title><style>")
        .append(STYLE)
        .append("</style></head><body>\n<h1>Curation</h1>\n");
    html.append("<p>")
        .append(escape(String.join(" ", settings.input())))
        .append(", vocabulary ")
        .append(escape(settings.vocabulary()))
        .append(String.format(Locale.ROOT, ", at least %,d images per tag", settings.minCount()))
        .append(", sampling ")
        .append(settings.sampling().name().toLowerCase(Locale.ROOT))
        .append(
            String.format(
                Locale.ROOT,
                " with t = %s, noise %s, seed %d</p>%n",
                settings.threshold(),
                settings.noise(),
                settings.seed()));
    counts(report.counts());
    heading("Tag frequencies before and after");
    note(
        "Before: images that carry the tag. After: images of an epoch that carry it, on average (repeat"
            + " factors and noise), and drawn for epoch 0.");
    plot(CurationPlots.frequencies(report));
    tags(report.tags());
    heading("Tags an image");
    plot(CurationPlots.tagsPerImage(report));
    if (report.senses().tags() > 0) {
      heading("Senses");
      senses(report.senses());
    }
    heading("Merges");
    merges(report.merges());
    heading("Drops");
    drops(report);
    html.append("</body></html>\n");
  }

  private void counts(CurationReport.Counts counts) {
    html.append("<table>\n");
    count("rows", counts.rows());
    count("bad rows left out", counts.badRows());
    count("of those, with the id of an earlier row", counts.duplicateIds());
    count("images dropped by a list", counts.droppedImages());
    count("images without a tag of the vocabulary", counts.imagesWithoutTag());
    count("images of the set", counts.images());
    count("different tags read", counts.distinctTags());
    count("different tags dropped", counts.droppedTags());
    count("different canonical tags", counts.canonicalTags());
    count("tags of the vocabulary", counts.selectedTags());
    count("tags on the images of the set", counts.tags());
    count("of those, replaced by noise", counts.replacedTags());
    count("images per epoch, on average", Math.round(counts.expectedEpochImages()));
    count("images of epoch 0", counts.firstEpochImages());
    html.append("</table>\n");
  }

  private void count(String name, long value) {
    row(name, value, "");
  }

  private void tags(List<CurationReport.Tag> tags) {
    html.append(
        "<table><tr><th>tag</th><th>images</th><th>r</th><th>an epoch, on average</th>"
            + "<th>epoch 0</th></tr>\n");
    for (CurationReport.Tag tag : tags.subList(0, Math.min(ROWS, tags.size()))) {
      html.append(
          String.format(
              Locale.ROOT,
              "<tr><td>#%s</td><td class=n>%,d</td><td class=n>%.2f</td><td class=n>%,.0f</td><td"
                  + " class=n>%,d</td></tr>%n",
              escape(tag.tag()),
              tag.images(),
              tag.repeat(),
              tag.expectedImages(),
              tag.firstEpochImages()));
    }
    html.append("</table>\n");
    more(tags.size() - ROWS);
  }

  private void senses(CurationReport.Senses senses) {
    note(
        String.format(
            Locale.ROOT,
            "Of %,d tags that may mean several things, %,d stand for another meaning than their most"
                + " frequent one, since it fits the tags beside them better.",
            senses.tags(),
            senses.changed()));
    html.append(
        "<table><tr><th>tag</th><th>images</th><th>now</th><th>before</th><th>because of</th>"
            + "<th>meaning</th></tr>\n");
    for (SenseChoice choice : senses.most()) {
      html.append(
          String.format(
              Locale.ROOT,
              "<tr><td>#%s</td><td class=n>%,d</td><td>%s %.3f</td><td>%s %.3f</td><td>%s</td>"
                  + "<td>%s</td></tr>%n",
              escape(choice.tag()),
              choice.images(),
              choice.chosen(),
              choice.score(),
              choice.frequent(),
              choice.rivalScore(),
              escape(CurationSummary.because(choice)),
              escape(choice.meaning())));
    }
    html.append("</table>\n");
    more(senses.changed() - senses.most().size(), "senses.csv");
  }

  private void merges(List<CurationReport.Merge> merges) throws IOException {
    if (merges.isEmpty()) {
      note("No tags were merged.");
      return;
    }
    plot(CurationPlots.merges(merges));
    html.append("<table><tr><th>merged into</th><th>images</th><th>from (images)</th></tr>\n");
    for (CurationReport.Merge merge : merges.subList(0, Math.min(ROWS, merges.size()))) {
      row("#" + merge.canonical(), merge.images(), CurationSummary.spellings(merge));
    }
    html.append("</table>\n");
    more(merges.size() - ROWS);
  }

  private void drops(CurationReport report) throws IOException {
    if (report.drops().isEmpty()) {
      note("No tags were dropped.");
      return;
    }
    plot(CurationPlots.drops(report.drops()));
    html.append("<table><tr><th>dropped</th><th>images</th><th>because</th></tr>\n");
    report.drops().forEach(drop -> row("#" + drop.tag(), drop.images(), drop.reason()));
    html.append("</table>\n");
    more(report.counts().droppedTags() - report.drops().size());
  }

  private void row(String name, long number, String text) {
    html.append(
        String.format(
            Locale.ROOT,
            "<tr><td>%s</td><td class=n>%,d</td><td>%s</td></tr>%n",
            escape(name),
            number,
            escape(text)));
  }

  private void more(long rows) {
    more(rows, "tags.csv");
  }

  private void more(long rows, String file) {
    if (rows > 0) {
      note(String.format(Locale.ROOT, "and %,d more: %s has all", rows, file));
    }
  }

  private void heading(String text) {
    html.append("<h2>").append(text).append("</h2>\n");
  }

  private void note(String text) {
    html.append("<p class=note>").append(escape(text)).append("</p>\n");
  }

  private void plot(Chart<?, ?> chart) throws IOException {
    byte[] png = PngFile.bytes(BitmapEncoder.getBufferedImage(chart));
    html.append("<img alt=\"")
        .append(escape(chart.getTitle()))
        .append("\" src=\"data:image/png;base64,")
        .append(Base64.getEncoder().encodeToString(png))
        .append("\">\n");
  }

  static String escape(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;");
  }
}
