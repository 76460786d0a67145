// The English words for issue reports.
import type { Same } from "../../locale.ts";
import type * as fr from "../fr/reports.ts";

export const reportGroups: Same<typeof fr.reportGroups> = {
  question: "A question of the test",
  candidate_information: "Candidate’s information",
  late_or_leaving: "Late, leaving or signature",
  connection_or_end_screen: "Connection lost or end screen not checked",
  non_blocking: "Incident that blocked nothing",
  technical_problem: "Technical problem",
  fraud: "Fraud seen or suspected",
  other: "Something else",
};

export const reportNames: Same<typeof fr.reportNames> = {
  "candidate_information.identity": "Name, date or place of birth to correct",
  "candidate_information.extra_time": "Extra time to add or to correct",
  "late_or_leaving.left_room": "Left the room during the test",
  "late_or_leaving.signature": "Signature missing or misplaced",
  "late_or_leaving.late": "Arrived after the start",
  connection_or_end_screen: "Connection lost or end screen not checked",
  fraud: "Fraud seen or suspected",
  "non_blocking.technical": "Technical trouble that blocked nothing",
  "non_blocking.candidate": "Trouble from the candidate that blocked nothing",
  "question.image_not_displayed": "Image missing or incomplete",
  "question.embed_not_working": "Simulator or application broken",
  "question.file_not_opening": "File that cannot be opened",
  "question.website_unavailable": "Website out of service",
  "question.website_blocked": "Website blocked by the network",
  "question.link_not_working": "Link that does nothing",
  "question.other": "Another difficulty with the question",
  "question.extra_time_exceeded": "Time exceeded in spite of extra time",
  "question.software_not_working": "Software that does not work",
  "question.unintentional_focus_out": "Page left without meaning to",
  "question.skipped_by_mistake": "Question passed by mistake",
  "question.accessibility": "Question not accessible to this candidate",
  technical_problem: "Technical problem",
  other: "Something else",
};
