package org.octothorpe.spark;

import java.io.Serializable;
import java.util.Comparator;
import org.octothorpe.data.tags.Hashtags;

/** The order of {@link Hashtags#BY_CODE_POINT}, which travels to executors. */
final class ByCodePoint implements Comparator<String>, Serializable {
  private static final long serialVersionUID = 1L;

  @Override
  public int compare(String a, String b) {
    return Hashtags.BY_CODE_POINT.compare(a, b);
  }
}
