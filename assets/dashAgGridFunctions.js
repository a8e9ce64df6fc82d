/* The grid's theme, in the tokens of our own style sheet, so that it follows light and dark. */
(function () {
  "use strict";
  const functions = (window.dashAgGridFunctions = window.dashAgGridFunctions || {});
  functions.observatoryTheme = (quartz) =>
    quartz.withParams({
      backgroundColor: "var(--surface)",
      foregroundColor: "var(--ink)",
      headerBackgroundColor: "var(--surface)",
      headerTextColor: "var(--ink-soft)",
      headerFontWeight: 500,
      borderColor: "var(--line)",
      rowHoverColor: "var(--hover)",
      selectedRowBackgroundColor: "var(--accent-soft)",
      accentColor: "var(--accent)",
      fontFamily: "inherit",
      fontSize: 13,
      headerFontSize: 12,
      cellHorizontalPadding: 10,
      wrapperBorder: false,
      wrapperBorderRadius: 0,
      headerColumnBorder: false,
      columnBorder: false,
      browserColorScheme: "inherit",
    });
})();
