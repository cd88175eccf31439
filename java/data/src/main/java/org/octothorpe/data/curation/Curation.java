package org.octothorpe.data.curation;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.octothorpe.data.Vocabulary;
import org.octothorpe.data.curation.count.DropLists;
import org.octothorpe.data.curation.count.Exclusions;
import org.octothorpe.data.curation.rules.TagEvidence;
import org.octothorpe.data.curation.rules.TagSelection;
import org.octothorpe.data.curation.select.ShardPlan;
import org.octothorpe.data.curation.select.TagStatistics;
import org.octothorpe.data.curation.spill.TagCount;
import org.octothorpe.data.curation.spill.TagCounts;
import org.octothorpe.data.curation.spill.TagRun;
import org.octothorpe.data.curation.write.EpochTally;
import org.octothorpe.data.curation.write.WriteStage;
import org.octothorpe.data.faults.BadSamples;
import org.octothorpe.data.faults.BadSamplesException;
import org.octothorpe.data.files.InputFile;
import org.octothorpe.data.machine.Workers;
import org.octothorpe.data.rows.RowFile;

/**
 * The making of a training set from raw hashtagged images.
 *
 * <p>It reads the input three times: to count tags, to select images, to write them. The set holds
 * each image once, with its repeat factor, and depends on the input and the settings alone: neither
 * on threads nor on memory, and apart from names of files and images not on the size of its files.
 * It appears under its name when it is complete.
 */
public final class Curation {
  /** The vocabulary of a set, as {@link Vocabulary#readExactly} reads it. */
  public static final String VOCABULARY = "vocabulary.txt";

  /** The {@link CurationReport} of a set. */
  public static final String REPORT = "report.json";

  /** The rows that a set leaves out as bad, one line per row; it exists if there are any. */
  public static final String BAD = "bad.txt";

  /** A vocabulary that a file lists. */
  private static final Pattern LISTED = Pattern.compile("(?:file|synsets):(.+)");

  private final CurationSettings settings;
  private final CurationEngine engine;
  private final CurationListener listener;

  /** Describes a curation. */
  public Curation(CurationSettings settings, CurationEngine engine, CurationListener listener) {
    this.settings = settings;
    this.engine = engine;
    this.listener = listener;
  }

  /**
   * Makes the set.
   *
   * @param out its folder, which must not be there
   * @param resume whether to continue what a killed run left beside it
   * @param bad counts and names the rows that cannot be used
   * @return what was done
   * @throws org.octothorpe.data.faults.BadSamplesException if too many rows are bad
   * @throws IOException if something cannot be read or written, or {@code out} exists
   * @throws IllegalArgumentException if an input or the vocabulary is at fault
   */
  public CurationReport run(Path out, boolean resume, BadSamples bad) throws IOException {
    List<RowFile> files = RowFile.of(settings.input(), bad);
    String overrides = settings.overrides();
    VocabularyRule vocabulary =
        VocabularyRule.parse(settings.vocabulary(), overrides == null ? null : Path.of(overrides))
            .atLeast(settings.minCount());
    DropLists drops = DropLists.read(settings.drop(), files);
    try (WorkFolder work = WorkFolder.open(out, resume)) {
      work.lockFault().ifPresent(fault -> bad.note(fault, work.path().toString()));
      try {
        return run(work, files, vocabulary, drops, bad);
      } catch (IOException | RuntimeException e) {
        if (isFaultOfInput(e)) {
          discard(work, e);
        }
        throw e;
      }
    }
  }

  private static void discard(WorkFolder work, Exception failure) {
    try {
      work.discard();
    } catch (IOException e) {
      failure.addSuppressed(e);
    }
  }

  /** Returns whether the same would fail again; a cluster wraps what its tasks throw. */
  private static boolean isFaultOfInput(Throwable failure) {
    for (Throwable e = failure; e != null; e = e.getCause()) {
      if (e instanceof IllegalArgumentException
          || e instanceof BadSamplesException
          || e instanceof NoSuchFileException
          || e instanceof AccessDeniedException) {
        return true;
      }
    }
    return false;
  }

  private CurationReport run(
      WorkFolder work,
      List<RowFile> files,
      VocabularyRule vocabulary,
      DropLists drops,
      BadSamples bad)
      throws IOException {
    List<InputFile> input = hash("hashing the input", inputs(files), null);
    work.claim(settings, input);

    CurationEngine.Input reading =
        new CurationEngine.Input(settings, files, drops, work.spill(), listener);
    TagEvidence evidence = vocabulary.evidence(settings.senses());
    CurationEngine.Counts counts = engine.count(reading, evidence, bad);
    boolean anyBad = BadRows.write(work.path().resolve(BAD), bad);
    TagEvidence.Conclusion conclusion =
        evidence.conclude(counts.rows(), counts.raw(), counts.evidence());
    Exclusions exclusions = counts.exclusions();
    Map<String, Long> canonical = new HashMap<>();
    long distinct = frequent(conclusion.canonical(), canonical);
    List<String> tags = vocabulary.select(canonical);
    if (tags.isEmpty()) {
      throw new IllegalArgumentException(whyEmpty(counts, distinct, bad));
    }

    TagSelection selection = new TagSelection(conclusion.rule(), tags);
    ShardPlan plan = engine.select(reading, exclusions, selection);
    TagStatistics statistics = new TagStatistics(tags, canonical, plan.images());
    TagTable table =
        new TagTable(conclusion.rule(), statistics, canonical.keySet(), settings.minCount());
    try (TagRun.Cursor all = counts.raw().open()) {
      table.write(work.path(), all);
    }
    SenseTable senses = new SenseTable(conclusion);
    senses.write(work.path());
    Vocabulary.ofExactly(tags).write(work.path().resolve(VOCABULARY));
    WriteStage write =
        new WriteStage(files, settings.set(), exclusions, selection, plan, statistics);
    EpochTally epoch = engine.write(write, work.path(), listener);

    CurationReport.Counts sums =
        new CurationReport.Counts(
            counts.rows() + bad.count() + counts.dropped().rows(),
            bad.count(),
            counts.duplicateIds(),
            counts.dropped().rows(),
            plan.images(),
            counts.rows() - plan.images(),
            table.tags(),
            distinct,
            tags.size(),
            table.dropped(),
            plan.tags(),
            epoch.replaced(),
            epoch.expectedEpochImages(),
            epoch.firstEpochImages());
    CurationReport report =
        new CurationReport(
            sums,
            CurationReport.Tag.of(statistics, write.resampling(), epoch),
            counts.tagsPerImage(),
            plan.tagsPerImage(),
            table.merges(),
            drops.outcomes(counts.dropped().names()),
            table.drops(),
            senses.report());
    finish(work, input, write.outputs(), anyBad, report);
    return report;
  }

  private String whyEmpty(CurationEngine.Counts counts, long distinct, BadSamples bad) {
    String input = String.join(", ", settings.input());
    long untagged = counts.tagsPerImage().isEmpty() ? 0 : counts.tagsPerImage().get(0);
    boolean one = counts.rows() == 1;
    String rows =
        String.format(Locale.ROOT, "the %d %s of %s", counts.rows(), one ? "row" : "rows", input);
    String reason;
    if (counts.rows() == 0) {
      reason =
          input
              + " holds no row that can be used"
              + bad.notes().stream().map(note -> "; " + note).collect(Collectors.joining());
    } else if (untagged == counts.rows()) {
      reason = rows + (one ? " carries no tags" : " carry no tags") + noted(bad);
    } else if (distinct == 0) {
      reason =
          String.format(
              Locale.ROOT, "no tag of %s fits the vocabulary '%s'", rows, settings.vocabulary());
    } else {
      reason =
          String.format(
              Locale.ROOT,
              "none of the %d canonical tags is on at least %d images",
              distinct,
              settings.minCount());
    }
    return "the set is empty: " + reason;
  }

  private static String noted(BadSamples bad) {
    return bad.notes().isEmpty()
        ? ""
        : bad.notes().stream()
            .map(BadSamples.Note::toString)
            .collect(Collectors.joining("; ", " (", ")"));
  }

  /** Puts the canonical tags that are frequent enough into a map; returns how many there are. */
  private long frequent(TagCounts canonical, Map<String, Long> frequent) throws IOException {
    long distinct = 0;
    try (TagRun.Cursor all = canonical.open()) {
      for (TagCount tag = all.next(); tag != null; tag = all.next()) {
        distinct++;
        if (tag.images() >= settings.minCount()) {
          frequent.put(tag.tag(), tag.images());
        }
      }
    }
    return distinct;
  }

  private void finish(
      WorkFolder work, List<InputFile> input, long outputs, boolean anyBad, CurationReport report)
      throws IOException {
    work.write(REPORT, report);
    List<Path> written = new ArrayList<>();
    for (long i = 0; i < outputs; i++) {
      written.add(work.path().resolve(settings.format().fileName(i)));
    }
    written.add(work.path().resolve(VOCABULARY));
    written.add(work.path().resolve(TagTable.FILE));
    if (report.senses().tags() > 0) {
      written.add(work.path().resolve(SenseTable.FILE));
    }
    if (anyBad) {
      written.add(work.path().resolve(BAD));
    }
    List<InputFile> output = hash("hashing the set", written, work.path());
    work.write(
        CurationManifest.FILE,
        new CurationManifest(1, version(), settings, input, report.counts(), output));
    listener.onReport(report, work.path());
    work.publish();
  }

  /** Returns the version of this library, as {@code octothorpe -V} says it. */
  private static String version() throws IOException {
    try (InputStream in = Curation.class.getResourceAsStream("version.txt")) {
      if (in == null) {
        throw new IllegalStateException("the library lacks its version.txt");
      }
      String version = new String(in.readAllBytes(), StandardCharsets.UTF_8).strip();
      return version.replace("-SNAPSHOT", "");
    }
  }

  /** Returns the files that decide the result: tables and shards, then those of the options. */
  private List<Path> inputs(List<RowFile> files) {
    List<Path> paths = new ArrayList<>();
    files.forEach(file -> paths.add(file.path()));
    Matcher listed = LISTED.matcher(settings.vocabulary());
    if (listed.matches()) {
      paths.add(Path.of(listed.group(1)));
    }
    String overrides = settings.overrides();
    if (overrides != null) {
      paths.add(Path.of(overrides));
    }
    settings.drop().forEach(list -> paths.add(Path.of(list)));
    return paths;
  }

  private List<InputFile> hash(String task, List<Path> paths, @Nullable Path folder)
      throws IOException {
    InputFile[] hashes = new InputFile[paths.size()];
    AtomicLong done = new AtomicLong();
    Workers.run(
        "octothorpe-curation",
        Runtime.getRuntime().availableProcessors(),
        hashes.length,
        (file, worker) -> {
          Path path = paths.get(file);
          hashes[file] =
              InputFile.of(path, (folder == null ? path : folder.relativize(path)).toString());
          listener.onProgress(task, done.incrementAndGet(), hashes.length);
        });
    return List.of(hashes);
  }
}
