package org.octothorpe.data.sources;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.octothorpe.data.faults.BadSamples;

/** The files that an argument stands for. */
class SourcesTest {
  @TempDir Path dir;

  private Path touch(String name) throws IOException {
    Path file = dir.resolve(name);
    Files.createDirectories(file.getParent());
    return Files.write(file, new byte[1024]);
  }

  private List<Path> of(String argument) throws IOException {
    return Sources.of(dir + "/" + argument, new BadSamples());
  }

  @Test
  void whatIsThereIsMeantBeforeAnyPattern() throws IOException {
    for (String folder : List.of("a [2019]", "b{1,2}", "c*", "d?", "e**f", "g]", "h{0..9}", "[")) {
      Path tar = touch(folder + "/sub/x.tar");
      assertThat(of(folder + "/sub")).as(folder).containsExactly(tar);
      assertThat(of(folder + "/sub/*.tar")).as(folder).containsExactly(tar);
      assertThat(of(folder + "/s[a-z]b/{x,y}.tar")).as(folder).containsExactly(tar);
      assertThat(of(folder + "/sub/x.tar")).as(folder).containsExactly(tar);
    }
    Path odd = touch("s/x[1].tar");
    touch("s/x1.tar");
    assertThat(of("s/x[1].tar")).containsExactly(odd);
    assertThat(of("s/*[1].tar")).containsExactly(dir.resolve("s/x1.tar"));
  }

  @Test
  void rangesOfNumbers() throws IOException {
    for (int i = 8; i <= 11; i++) {
      touch(String.format(Locale.ROOT, "n/t-%d.tar", i));
      touch(String.format(Locale.ROOT, "z/t-%04d.tar", i));
    }
    assertThat(of("n/t-{8..11}.tar")).hasSize(4);
    assertThat(of("z/t-{0008..0011}.tar")).hasSize(4);
    assertThat(of("{n,z}/t-{8..9}.tar".replace("z", "n"))).hasSize(2);
    assertThat(of("z/t-00{08,1{0..1}}.tar")).hasSize(3);
    assertThatThrownBy(() -> of("z/t-{0008..0013}.tar"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "2 of the 6 files of the range '%s/z/t-{0008..0013}.tar' are missing, the first"
                + " %s/z/t-0012.tar",
            dir, dir);
    assertThatThrownBy(() -> of("z/t-{0..100000000}.tar"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("more than 1000000 names");
  }

  @Test
  void twoStarsAreAnyFolders() throws IOException {
    List<Path> all = List.of(touch("r/a.tar"), touch("r/p/b.tar"), touch("r/p/q/c.tar"));
    touch("r/.hidden/d.tar");
    touch("r/p/._b.tar");
    assertThat(of("r/**/*.tar")).containsExactlyElementsOf(all);
    assertThat(of("r/**/q/*.tar")).containsExactly(all.get(2));
    assertThat(of("**/c.tar")).containsExactly(all.get(2));
  }

  @Test
  void hiddenShardsOfAFolderAreNoted() throws IOException {
    Path tar = touch("f/x.TAR");
    touch("f/._x.tar");
    touch("f/x.TAR.index");
    BadSamples bad = new BadSamples();
    assertThat(Sources.of(dir + "/f", bad)).containsExactly(tar);
    assertThat(bad.notes()).hasSize(1);
    assertThat(Sources.ofRows(dir + "/f", bad)).containsExactly(tar);
  }

  @Test
  void whatIsNotOfThisMachineIsRefusedWithWhatToDo() {
    for (String url :
        List.of(
            "pipe:curl -s x", "https://host/x.tar", "s3://bucket/{0..9}.tar", "file:///x.tar")) {
      assertThatThrownBy(() -> Sources.of(url, new BadSamples()))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("download it");
    }
    assertThatThrownBy(() -> Sources.of("a\0b", new BadSamples()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("'a\\x00b' is not a path");
  }

  @Test
  void scopesTellFilesApartWhereverTheyLie() {
    assertThat(scopes("/d/s0.tar", "/d/s1.tar", "/e/s0.tar"))
        .containsExactly("d/s0.tar", "s1.tar", "e/s0.tar");
    assertThat(scopes("/d/tags.jsonl")).containsExactly("");
    assertThat(scopes("/d/x.csv", "/d/y.jsonl")).containsExactly("", "");
    assertThat(scopes("/x/d/a/tags.jsonl", "/x/d/b/tags.jsonl", "/x/d/b/more.csv"))
        .containsExactly("a", "b", "b");
    assertThat(scopes("/y/d/a/tags.jsonl", "/y/d/b/tags.jsonl")).containsExactly("a", "b");
    assertThat(scopes("/d/s.tar", "/d/../d/s.tar")).containsExactly("s.tar", "s.tar");
    assertThat(scopes("/d/t.csv", "/d/e/t.csv")).containsExactly("", "e");
  }

  private static List<String> scopes(String... files) {
    return IdScopes.of(List.of(files).stream().map(Path::of).toList());
  }
}
