package org.octothorpe.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import org.junit.jupiter.api.Test;

/** The limit of open files is told from faults of files. */
public class FileLimitTest {
  @Test
  void theLimitIsFoundInTheCauseOfAFailureAndInNoOther() {
    FileSystemException limit = new FileSystemException("f", null, "Too many open files");
    assertThat(FileLimit.reached(limit)).isTrue();
    assertThat(FileLimit.reached(new IOException("cannot write f", limit))).isTrue();
    assertThat(
            FileLimit.reached(new FileSystemException("f", null, "Too many open files in system")))
        .isTrue();
    assertThat(FileLimit.reached(new NoSuchFileException("f"))).isFalse();
    assertThat(FileLimit.reached(new IOException())).isFalse();
  }

  @Test
  void theAdviceNamesTheLimitAndWhatToType() {
    assertThat(FileLimit.most()).isGreaterThan(10);
    assertThat(FileLimit.advice())
        .contains(Long.toString(FileLimit.most()), "ulimit -n", "--loader-threads", "--threads");
  }
}
