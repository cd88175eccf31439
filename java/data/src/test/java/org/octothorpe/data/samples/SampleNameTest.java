package org.octothorpe.data.samples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.octothorpe.data.Samples;
import org.octothorpe.data.faults.BadSamples;
import org.octothorpe.data.rows.RowFile;
import org.octothorpe.data.tar.TarWriter;

/** An image has one name, whether a search finds it or a curation reads its row. */
class SampleNameTest {
  @TempDir Path dir;

  private static List<SampleName> ofSamples(Path source) throws IOException {
    return Samples.open(source.toString()).all().stream().map(SampleName::of).toList();
  }

  private static List<SampleName> ofRows(Path path) throws IOException {
    List<SampleName> names = new ArrayList<>();
    for (RowFile file : RowFile.of(List.of(path.toString()), new BadSamples())) {
      file.read(
          0,
          false,
          row -> names.add(Objects.requireNonNull(row.sampleName(file))),
          new BadSamples());
    }
    return names;
  }

  @Test
  void rowsAndSamplesAgree() throws IOException {
    Path tar = dir.resolve("a.tar");
    TarWriter.write(
        tar,
        shard -> {
          shard.add("x/1.jpg", new byte[1]);
          shard.add(
              "x/1.json", "{\"id\": \"other\", \"tags\": []}".getBytes(StandardCharsets.UTF_8));
        });
    assertThat(ofSamples(tar)).containsExactly(new SampleName("a.tar", "x/1.jpg"));
    assertThat(ofRows(tar)).isEqualTo(ofSamples(tar));
    Path folder = Files.createDirectories(dir.resolve("photos/sub")).resolveSibling("");
    for (String name : List.of("a.jpg", "sub/a.jpg", "sub/b.jpg")) {
      Files.write(folder.resolve(name), new byte[1]);
    }
    String rows = "a.jpg;x\n./sub/a.jpg;x\nsub//b.jpg;x\n".replace(';', ',');
    Files.writeString(folder.resolve("labels.csv"), "file,tags\n" + rows);
    assertThat(ofSamples(folder))
        .containsExactly(
            new SampleName("", "a.jpg"),
            new SampleName("", "sub/a.jpg"),
            new SampleName("", "sub/b.jpg"));
    assertThat(ofRows(folder)).isEqualTo(ofSamples(folder));
    ofRows(folder).forEach(name -> assertThat(SampleName.parse(name.toString())).isEqualTo(name));
  }
}
