package org.octothorpe.cli.doctor;

import java.awt.Font;
import java.awt.GraphicsEnvironment;

/** Whether Java can draw text, which plots and contact sheets need. */
public final class Fonts {
  /** The Debian packages that bring fonts. */
  public static final String PACKAGES = "fontconfig fonts-dejavu-core";

  private Fonts() {}

  /** Returns the number of font families, or -1 if text cannot be drawn at all. */
  public static int families() {
    try {
      int families =
          GraphicsEnvironment.getLocalGraphicsEnvironment().getAvailableFontFamilyNames().length;
      boolean drawable = new Font(Font.SANS_SERIF, Font.PLAIN, 12).canDisplay('#');
      return drawable ? families : -1;
    } catch (RuntimeException | LinkageError e) {
      // "Fontconfig head is null" and a missing libfreetype both end here.
      return -1;
    }
  }
}
