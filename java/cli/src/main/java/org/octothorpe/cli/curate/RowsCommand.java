package org.octothorpe.cli.curate;

import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.octothorpe.cli.common.CommonOptions;
import org.octothorpe.internal.AtomicFiles;
import org.octothorpe.random.Philox;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The verb that makes up rows without images, to measure how curation scales. */
@Command(
    name = "rows",
    hidden = true,
    description = {
      "Makes up rows of JSON Lines without images, to measure how curate scales: 1 to 8 tags each, Zipf-distributed.",
    },
    footer = {
      "  octothorpe rows --rows 10000000 --files 8 --out rows",
      "  OCTOTHORPE_JAVA_OPTS=-Xmx2g octothorpe curate --input 'rows/*.jsonl' --vocabulary top:17000 --format parquet --out set"
    })
public final class RowsCommand implements Callable<Integer> {
  private static final int MAX_TAGS = 8;

  @Mixin CommonOptions common = new CommonOptions();

  @Option(names = "--rows", paramLabel = "N", description = "Rows in all (default 1000000).")
  private long rows = 1_000_000;

  @Option(names = "--files", paramLabel = "N", description = "Files (default 8).")
  private int files = 8;

  @Option(
      names = "--tags",
      paramLabel = "N",
      description =
          "Different tags; tag k has a probability in proportion to 1/k (default 1000000).")
  private int tags = 1_000_000;

  @Option(names = "--seed", paramLabel = "N", description = "Fixes the rows (default 1).")
  private long seed = 1;

  @Option(
      names = "--out",
      required = true,
      paramLabel = "DIR",
      description = "Folder for rows-00000.jsonl and so on.")
  private Path out = Path.of("rows");

  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public Integer call() throws IOException {
    require(rows >= 1, "--rows", rows, ">= 1");
    require(files >= 1 && files <= rows, "--files", files, "in [1, rows]");
    require(tags >= 1, "--tags", tags, ">= 1");
    Files.createDirectories(out);
    for (int file = 0; file < files; file++) {
      long first = rows * file / files;
      long end = rows * (file + 1) / files;
      AtomicFiles.write(
          out.resolve(String.format(Locale.ROOT, "rows-%05d.jsonl", file)),
          stream -> {
            Writer writer =
                new BufferedWriter(new OutputStreamWriter(stream, StandardCharsets.UTF_8), 1 << 16);
            Philox random = Philox.of(seed, "rows");
            for (long row = first; row < end; row++) {
              writer.write(row(row, random.at(row)));
            }
            writer.flush();
          });
    }
    return 0;
  }

  private String row(long number, Philox random) {
    StringBuilder row = new StringBuilder(160);
    row.append("{\"id\": \"").append(number).append("\", \"file\": \"images/");
    row.append(number % 1000).append('/').append(number).append(".jpg\", \"tags\": [");
    for (int i = random.nextInt(MAX_TAGS); i >= 0; i--) {
      row.append(random.nextInt(10) == 0 ? "\"#Tag" : "\"tag");
      row.append(zipf(random)).append(i > 0 ? "\", " : "\"");
    }
    return row.append("]}\n").toString();
  }

  // The logarithm of a variable with density 1/x is uniform.
  private int zipf(Philox random) {
    double log = random.nextDouble() * StrictMath.log(tags + 1.0);
    return Math.min(tags, (int) StrictMath.exp(log));
  }

  private void require(boolean holds, String option, Object value, String rule) {
    if (!holds) {
      throw new ParameterException(
          spec.commandLine(), option + " is " + value + ", but must be " + rule);
    }
  }
}
