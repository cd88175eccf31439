package org.octothorpe.cli.curate;

import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.octothorpe.cli.report.Table;
import org.octothorpe.data.curation.CurationReport;
import org.octothorpe.data.curation.count.DropLists;
import org.octothorpe.data.curation.rules.SenseChoice;
import org.octothorpe.data.curation.spill.TagCount;

/**
 * What a curation prints on the terminal: sums, senses, merges and drops, the most frequent first.
 */
final class CurationSummary {
  private static final int MERGES = 40;
  private static final int DROPS = 20;
  private static final int SENSES = 20;
  private static final int REASON = 70; // columns

  private final CurationReport report;

  CurationSummary(CurationReport report) {
    this.report = report;
  }

  void print(PrintWriter out) {
    senses(out);
    merges(out);
    drops(out);
    CurationReport.Counts counts = report.counts();
    Table table = new Table().row("", "");
    table.row("rows", number(counts.rows()));
    if (counts.badRows() > 0) {
      table.row("bad rows left out", number(counts.badRows()));
    }
    if (!report.dropLists().isEmpty()) {
      table.row("images dropped by a list", number(counts.droppedImages()));
    }
    table.row("images without a tag of the vocabulary", number(counts.imagesWithoutTag()));
    table.row("images of the set", number(counts.images()));
    table.row("different tags read", number(counts.distinctTags()));
    table.row("different tags dropped", number(counts.droppedTags()));
    if (report.senses().tags() > 0) {
      table.row(
          "tags of several senses: changed by the tags beside them",
          number(report.senses().changed()) + " of " + number(report.senses().tags()));
    }
    table.row("tags of the vocabulary", number(counts.selectedTags()));
    table.row("images per epoch, on average", number(Math.round(counts.expectedEpochImages())));
    if (counts.replacedTags() > 0) {
      table.row(
          "tags replaced by noise",
          String.format(
              Locale.ROOT,
              "%,d of %,d (%.2f %%)",
              counts.replacedTags(),
              counts.tags(),
              100.0 * counts.replacedTags() / counts.tags()));
    }
    out.println();
    table.print(out);
    report.dropLists().stream()
        .map(DropLists.Outcome::unmatched)
        .filter(text -> !text.isEmpty())
        .forEach(out::println);
  }

  private void merges(PrintWriter out) {
    List<CurationReport.Merge> merges = report.merges();
    if (merges.isEmpty()) {
      return;
    }
    Table table = Table.ofWords().row("merged into", "images", "from (images)");
    for (CurationReport.Merge merge : merges.subList(0, Math.min(MERGES, merges.size()))) {
      table.row("#" + merge.canonical(), number(merge.images()), spellings(merge));
    }
    table.print(out);
    more(out, merges.size() - MERGES, "merges");
  }

  /** Returns the spellings of a canonical tag with their images. */
  static String spellings(CurationReport.Merge merge) {
    String listed =
        merge.spellings().stream().map(CurationSummary::spelling).collect(Collectors.joining(" "));
    return merge.others() > 0 ? listed + " and " + number(merge.others()) + " more" : listed;
  }

  private static String spelling(TagCount tag) {
    return "#" + tag.tag() + " (" + number(tag.images()) + ")";
  }

  private void senses(PrintWriter out) {
    CurationReport.Senses senses = report.senses();
    if (senses.changed() == 0) {
      return;
    }
    Table table = Table.ofWords().row("changed sense", "images", "because of", "meaning");
    for (SenseChoice choice : senses.most().subList(0, Math.min(SENSES, senses.most().size()))) {
      table.row(
          "#" + choice.tag(),
          number(choice.images()),
          because(choice),
          shortened(choice.meaning()));
    }
    table.print(out);
    if (senses.changed() > SENSES) {
      out.println("and " + number(senses.changed() - SENSES) + " more: senses.csv has all");
    }
    out.println();
  }

  /** Returns the words that decided the sense of a tag. */
  static String because(SenseChoice choice) {
    return choice.neighbors().stream().map(word -> "#" + word).collect(Collectors.joining(" "));
  }

  private static String shortened(String text) {
    return text.length() <= REASON ? text : text.substring(0, REASON - 3) + "...";
  }

  private void drops(PrintWriter out) {
    if (report.drops().isEmpty()) {
      return;
    }
    out.println();
    Table table = Table.ofWords().row("dropped", "images", "because");
    List<CurationReport.Drop> drops = report.drops();
    for (CurationReport.Drop drop : drops.subList(0, Math.min(DROPS, drops.size()))) {
      table.row("#" + drop.tag(), number(drop.images()), shortened(drop.reason()));
    }
    table.print(out);
    more(out, report.counts().droppedTags() - DROPS, "drops");
  }

  private static void more(PrintWriter out, long count, String what) {
    if (count > 0) {
      out.println("and " + number(count) + " more " + what + ": tags.csv has all");
    }
  }

  static String number(long value) {
    return String.format(Locale.ROOT, "%,d", value);
  }
}
