package org.octothorpe.data.duplicates;

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
import org.octothorpe.data.BadSamples;
import org.octothorpe.data.RowFile;
import org.octothorpe.data.Samples;
import org.octothorpe.data.ShardWriter;

/** An image has one name, whether a search finds it or a curation reads its row. */
class ImageNameTest {
  @TempDir Path dir;

  private static List<ImageName> ofSamples(Path source) throws IOException {
    return Samples.open(source.toString()).all().stream().map(ImageName::of).toList();
  }

  private static List<ImageName> ofRows(Path path) throws IOException {
    List<ImageName> names = new ArrayList<>();
    for (RowFile file : RowFile.of(List.of(path.toString()), new BadSamples())) {
      file.read(
          0,
          false,
          row -> names.add(Objects.requireNonNull(ImageName.of(file, row))),
          new BadSamples());
    }
    return names;
  }

  @Test
  void rowsAndSamplesAgree() throws IOException {
    Path tar = dir.resolve("a.tar");
    ShardWriter.write(
        tar,
        shard -> {
          shard.add("x/1.jpg", new byte[1]);
          shard.add(
              "x/1.json", "{\"id\": \"other\", \"tags\": []}".getBytes(StandardCharsets.UTF_8));
        });
    assertThat(ofSamples(tar)).containsExactly(new ImageName("a.tar", "x/1.jpg"));
    assertThat(ofRows(tar)).isEqualTo(ofSamples(tar));
    Path folder = Files.createDirectories(dir.resolve("photos/sub")).resolveSibling("");
    for (String name : List.of("a.jpg", "sub/a.jpg", "sub/b.jpg")) {
      Files.write(folder.resolve(name), new byte[1]);
    }
    String rows = "a.jpg;x\n./sub/a.jpg;x\nsub//b.jpg;x\n".replace(';', ',');
    Files.writeString(folder.resolve("labels.csv"), "file,tags\n" + rows);
    assertThat(ofSamples(folder))
        .containsExactly(
            new ImageName("", "a.jpg"),
            new ImageName("", "sub/a.jpg"),
            new ImageName("", "sub/b.jpg"));
    assertThat(ofRows(folder)).isEqualTo(ofSamples(folder));
    ofRows(folder).forEach(name -> assertThat(ImageName.parse(name.toString())).isEqualTo(name));
  }
}
